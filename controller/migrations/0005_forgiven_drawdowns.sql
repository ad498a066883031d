CREATE TABLE `forgiven_drawdowns` (
	`equity_target` text NOT NULL,
	`target` text NOT NULL,
	`peak` real NOT NULL,
	`peak_at` integer NOT NULL,
	PRIMARY KEY(`equity_target`, `target`),
	FOREIGN KEY (`equity_target`) REFERENCES `equities`(`target`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `positions_open` ON `positions` (`position_id`) WHERE closed_at is null;