"""Test data for agents."""

# The fields of the form for a new agent.
NEW = {
    "name": "Sierra",
    "role_title": "SEO specialist",
    "department_id": "",
    "primary_board_id": "",
    "ai_model_id": "",
    "monthly_budget_usd": "25",
    "max_parallel_runs": "2",
    "max_output_tokens": "4096",
    "execution_mode": "manual",
    "system_prompt": "You are {{agent_name}}.",
}
