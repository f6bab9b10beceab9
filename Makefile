# InsightFlow. The work is done by the scripts in scripts/; each says at its top what it does.
#
#   make demo                  a private server with sample data; asks ten questions and stays running
#   make demo-stop             stops it and removes its data
#   make test [PG=15|16|17|18] builds for that version and runs every test on a private server
#   make check                 formatting, lints, licences, install scripts
#   make bench [PG=…]          what asking costs, against the same SQL sent directly
#   make soak [SECONDS=…]      20 minutes of crashes, cancels and restarts: no question is lost, nothing is left behind
#   make eval [PG=15|16]      how many benchmark questions the embedded translator answers, and how many of those right
#   make install [PG_CONFIG=…] builds and installs into a PostgreSQL of yours (DESTDIR is honoured)
#   make regress [T=NAME]      the golden SQL tests alone;  make regress-accept [T=NAME] takes their output over
#   make setup                 installs what the build needs, nothing twice
#   make clean                 removes what was built and every private server of this source tree

PG ?=
PG_CONFIG ?=
SECONDS ?= 1200
T ?=

.PHONY: demo demo-stop test check bench soak eval install regress regress-accept setup clean

setup:
	@scripts/setup build

demo:
	@scripts/demo $(PG)

demo-stop:
	@scripts/demo stop

test:
	@scripts/test $(PG)

regress:
	@T="$(T)" scripts/test $(PG) golden

regress-accept:
	@T="$(T)" ACCEPT=1 scripts/test $(PG) golden

check:
	@scripts/check

bench:
	@scripts/bench $(PG)

eval:
	@scripts/eval $(PG)

soak:
	@scripts/soak $(SECONDS) $(PG)

install:
	@scripts/install $(PG_CONFIG)

clean:
	@scripts/clean
