-- To which data set and group a recorded scan belongs.
alter table scan_history add column dataset integer;
alter table scan_history add column scan_group uuid;
alter table scan_history add column group_name text;
create index scan_history_group on scan_history (beamline, scan_group) where scan_group is not null;
