CREATE TABLE `lease_clock` (
	`id` integer PRIMARY KEY NOT NULL,
	`now_ms` integer NOT NULL,
	CONSTRAINT "lease_clock_is_one_row" CHECK("lease_clock"."id" = 1)
);

--> statement-breakpoint
CREATE TRIGGER `lease_clock_runs_forward` BEFORE UPDATE ON `lease_clock`
WHEN NEW.`now_ms` < OLD.`now_ms`
BEGIN SELECT RAISE(ABORT, 'the lease clock never goes back'); END;
