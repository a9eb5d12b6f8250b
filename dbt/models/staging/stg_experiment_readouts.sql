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
    analysis -> 'incremental' AS incremental
FROM {{ source('liftline', 'experiment_readouts') }}
