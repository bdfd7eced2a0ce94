"""The store over a PostgreSQL database: many workspaces in one, many servers over one."""
