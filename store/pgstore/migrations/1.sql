-- Ids and times are bytes that sort as they should under any locale: ids as they
-- are, times in the 12 bytes of store/record. Values are sealed records.

-- All records but deliveries.
CREATE TABLE records (
  kind  text  NOT NULL,
  key   bytea NOT NULL,
  value bytea NOT NULL,
  PRIMARY KEY (kind, key)
) WITH (fillfactor = 80);

-- The columns beside value are read from it; they exist for the indexes. State
-- 255 is a delivery that was set aside: it keeps its id, lane and fingerprint.
CREATE TABLE deliveries (
  id          bytea    PRIMARY KEY,
  value       bytea    NOT NULL,
  state       smallint NOT NULL,
  lane        bytea    NOT NULL,
  run_at      bytea,             -- only of what is runnable
  check_at    bytea    NOT NULL,
  latest      bytea    NOT NULL,
  due         bytea    NOT NULL,
  plan        bytea    NOT NULL,
  channel     bytea    NOT NULL,
  fingerprint bytea    NOT NULL
) WITH (fillfactor = 80);

CREATE INDEX deliveries_run ON deliveries (lane, run_at, id) WHERE run_at IS NOT NULL;
CREATE INDEX deliveries_open ON deliveries (lane, state, id) WHERE state IN (2, 3);
CREATE INDEX deliveries_doubt ON deliveries (check_at, id) WHERE state = 3;
CREATE INDEX deliveries_expiry ON deliveries (latest, id) WHERE state IN (0, 1);
CREATE INDEX deliveries_state ON deliveries (state, due, id);
CREATE INDEX deliveries_plan ON deliveries (plan, due, id);
CREATE INDEX deliveries_channel ON deliveries (channel, due, id);
CREATE INDEX deliveries_twin ON deliveries (lane, fingerprint, id) WHERE state NOT IN (6, 7, 8);

-- How many deliveries are in each state.
CREATE TABLE counts (
  state smallint PRIMARY KEY,
  n     bigint   NOT NULL
) WITH (fillfactor = 20);
INSERT INTO counts SELECT s, 0 FROM generate_series(0, 9) s;

-- Whoever writes locks this table first: see doc.go.
CREATE TABLE writers ();
