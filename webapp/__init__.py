"""The portal. It knows no hidden test, no answer and no torch: it stores, sends, and shows what a worker wrote.

Importing this package imports nothing else. `python -m webapp` does so before gevent patches the standard library, and
what has been imported by then would keep the locks of real threads, for which a greenlet waits for ever.
"""
