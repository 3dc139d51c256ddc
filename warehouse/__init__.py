"""The dbt project that makes every cleaning decision, and access to its database."""
