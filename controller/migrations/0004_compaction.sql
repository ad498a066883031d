CREATE TABLE `checkpoints` (
	`arm_id` integer PRIMARY KEY NOT NULL,
	`gram` blob NOT NULL,
	`moment` blob NOT NULL,
	`last_seq` integer NOT NULL,
	`outcomes` integer NOT NULL,
	`reward_sum` real NOT NULL,
	FOREIGN KEY (`arm_id`) REFERENCES `arms`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `compacted_scopes` (
	`scope_id` integer PRIMARY KEY NOT NULL,
	`through_seq` integer NOT NULL,
	`learning` text NOT NULL,
	`feature_set` text NOT NULL,
	`evidence` text NOT NULL,
	FOREIGN KEY (`scope_id`) REFERENCES `scopes`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `daily_sums` (
	`scope_id` integer NOT NULL,
	`arm_id` integer NOT NULL,
	`day` text NOT NULL,
	`decisions` integer DEFAULT 0 NOT NULL,
	`rewarded` integer DEFAULT 0 NOT NULL,
	`voided` integer DEFAULT 0 NOT NULL,
	`forced` integer DEFAULT 0 NOT NULL,
	`propensity_sum` real DEFAULT 0 NOT NULL,
	`outcomes` integer DEFAULT 0 NOT NULL,
	`raw_reward_sum` real DEFAULT 0 NOT NULL,
	`reward_sum` real DEFAULT 0 NOT NULL,
	PRIMARY KEY(`scope_id`, `arm_id`, `day`),
	FOREIGN KEY (`scope_id`) REFERENCES `scopes`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`arm_id`) REFERENCES `arms`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `spent_keys` (
	`key` text PRIMARY KEY NOT NULL,
	`payload_hash` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `outcomes_decision` ON `outcomes` (`decision_seq`);--> statement-breakpoint
CREATE INDEX `positions_decision` ON `positions` (`decision_seq`);