/** What commands a terminal or turns the direction of its text (Unicode: Cc, Zl, Zp, Bidi_Control). */
export const dangerous = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;
