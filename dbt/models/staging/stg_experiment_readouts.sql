SELECT
    tenant_id,
    experiment_key,
    readout,
    as_of,
    final,
    verdict,
    winner,
    reason,
    analysis -> 'comparisons' AS comparisons,
    analysis -> 'incremental' AS incremental,
    analysis ->> 'currency' AS currency
FROM {{ source('liftline', 'experiment_readouts') }}
