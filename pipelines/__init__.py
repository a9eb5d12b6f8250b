"""The steps of a campaign, each an ordinary package that knows nothing of Airflow."""
