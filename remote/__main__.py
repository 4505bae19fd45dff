"""python3 ARCHIVE SCRIPT ARGUMENT...: runs one of the scripts of the archive that a worker is uploaded as."""
import runpy
import sys

del sys.argv[0]
runpy.run_module(sys.argv[0].rpartition('.')[0], run_name='__main__', alter_sys=True)
