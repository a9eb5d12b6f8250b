SELECT
    tenant_id,
    generation_id,
    campaign_id,
    model,
    outcome,
    coalesce(input_tokens, 0) AS input_tokens,
    coalesce(output_tokens, 0) AS output_tokens,
    coalesce(cost_usd, 0) AS cost_usd,
    asked_at
FROM {{ source('liftline', 'generations') }}
