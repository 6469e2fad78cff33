"""Take every descriptor there is; results still have to come back over the one that is open."""

hoard = []
try:
    while True:
        hoard.append(open("/dev/null"))
except OSError as error:
    assert len(hoard) < 100, error
