CREATE TABLE `audit` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`subject` text NOT NULL,
	`detail` text
);
--> statement-breakpoint
CREATE TABLE `claim_runs` (
	`claim_id` integer NOT NULL,
	`run_id` text NOT NULL,
	`fence` integer NOT NULL,
	`taken_at` integer NOT NULL,
	PRIMARY KEY(`claim_id`, `run_id`),
	FOREIGN KEY (`claim_id`) REFERENCES `claims`(`claim_id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `claim_runs_by_run` ON `claim_runs` (`run_id`);--> statement-breakpoint
CREATE TABLE `claims` (
	`claim_id` integer PRIMARY KEY NOT NULL,
	`fence` integer NOT NULL,
	`workflow_id` text NOT NULL,
	`run_id` text NOT NULL,
	`claimed_at` integer NOT NULL,
	`lease_until` integer NOT NULL,
	`closed_at` integer,
	`outcome` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `claims_fence_unique` ON `claims` (`fence`);--> statement-breakpoint
CREATE INDEX `claims_open` ON `claims` (`closed_at`,`lease_until`);--> statement-breakpoint
CREATE TABLE `dispositions` (
	`lineage` text NOT NULL,
	`file_id` text NOT NULL,
	`series` text NOT NULL,
	`kind` text NOT NULL,
	`from_ms` integer NOT NULL,
	`to_ms` integer NOT NULL,
	`candles` integer NOT NULL,
	`version_id` text NOT NULL,
	PRIMARY KEY(`lineage`, `file_id`, `kind`, `from_ms`),
	FOREIGN KEY (`file_id`) REFERENCES `files`(`file_id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`version_id`) REFERENCES `versions`(`version_id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `files` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`file_id` text NOT NULL,
	`sha256` text NOT NULL,
	`kind` text NOT NULL,
	`path` text NOT NULL,
	`exchange` text NOT NULL,
	`symbol` text NOT NULL,
	`timeframe` text NOT NULL,
	`t_start` integer NOT NULL,
	`t_end` integer NOT NULL,
	`bars` integer NOT NULL,
	`size_bytes` integer NOT NULL,
	`fetched_at` integer NOT NULL,
	`status` text NOT NULL,
	`claim_fence` integer,
	`claimed_by` text,
	`claimed_at` integer,
	`lease_until` integer,
	`attempts` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`processed_at` integer,
	`archived_at` integer,
	`deleted_at` integer,
	`quarantine_reason` text,
	CONSTRAINT "files_status_known" CHECK("files"."status" in ('downloaded', 'processing', 'processed', 'deleted', 'quarantined')),
	CONSTRAINT "files_range_ordered" CHECK("files"."t_start" <= "files"."t_end" and "files"."bars" > 0),
	CONSTRAINT "files_claimed_when_processing" CHECK("files"."status" <> 'processing' or ("files"."claim_fence" is not null and "files"."lease_until" is not null))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `files_file_id_unique` ON `files` (`file_id`);--> statement-breakpoint
CREATE INDEX `files_by_series` ON `files` (`exchange`,`symbol`,`timeframe`,`status`,`t_end`);--> statement-breakpoint
CREATE INDEX `files_by_status` ON `files` (`status`);--> statement-breakpoint
CREATE INDEX `files_by_claim` ON `files` (`claim_fence`);--> statement-breakpoint
CREATE INDEX `files_by_path` ON `files` (`path`);--> statement-breakpoint
CREATE TABLE `gaps` (
	`series` text NOT NULL,
	`from_ms` integer NOT NULL,
	`to_ms` integer NOT NULL,
	`missing` integer NOT NULL,
	`found_at` integer NOT NULL,
	PRIMARY KEY(`series`, `from_ms`, `to_ms`),
	CONSTRAINT "gaps_range_ordered" CHECK("gaps"."from_ms" <= "gaps"."to_ms" and "gaps"."missing" > 0)
);
--> statement-breakpoint
CREATE TABLE `lineages` (
	`lineage` text PRIMARY KEY NOT NULL,
	`series` text NOT NULL,
	`head_version_id` text NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`head_version_id`) REFERENCES `versions`(`version_id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `meta` (
	`id` integer PRIMARY KEY NOT NULL,
	`schema_version` integer NOT NULL,
	`domain` text NOT NULL,
	`fence` integer NOT NULL,
	`epoch` integer NOT NULL,
	`created_at` integer NOT NULL,
	CONSTRAINT "meta_is_one_row" CHECK("meta"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE `promotions` (
	`fence` integer PRIMARY KEY NOT NULL,
	`version_id` text NOT NULL,
	`kind` text NOT NULL,
	`previous_version_id` text,
	`actor` text NOT NULL,
	`reason` text NOT NULL,
	`request_id` text NOT NULL,
	`created_at` integer NOT NULL,
	`linked_at` integer,
	FOREIGN KEY (`version_id`) REFERENCES `versions`(`version_id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `promotions_request_id_unique` ON `promotions` (`request_id`);--> statement-breakpoint
CREATE TABLE `versions` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`version_id` text NOT NULL,
	`claim_id` integer NOT NULL,
	`dir` text NOT NULL,
	`parent_version_id` text,
	`metric_name` text NOT NULL,
	`metric_value` real,
	`model_hash` text NOT NULL,
	`data_hash` text NOT NULL,
	`n_states` integer NOT NULL,
	`n_obs` integer NOT NULL,
	`tag` text,
	`series` text NOT NULL,
	`gate` text,
	`claimed_files` integer NOT NULL,
	`created_at` integer NOT NULL,
	`pruned_at` integer,
	FOREIGN KEY (`claim_id`) REFERENCES `claims`(`claim_id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `versions_version_id_unique` ON `versions` (`version_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `versions_claim_id_unique` ON `versions` (`claim_id`);--> statement-breakpoint
CREATE TABLE `watermarks` (
	`name` text PRIMARY KEY NOT NULL,
	`value` integer NOT NULL,
	`updated_at` integer NOT NULL
);
