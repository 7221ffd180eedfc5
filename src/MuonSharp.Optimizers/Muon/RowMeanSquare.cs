namespace MuonSharp.Optimizers;

/// <summary>One output's running mean square and what its row is divided by.</summary>
internal readonly unsafe struct RowMeanSquare(RowNormalization options)
{
    /// <summary>A mean square below the smallest normal float32 is zero: it would shrink for ever and never arrive.</summary>
    private const double SmallestNormal = 1.1754943508222875e-38;

    private readonly double _beta2 = options.Beta2;
    private readonly double _epsilon = options.Epsilon;

    /// <summary>v &lt;- v + (1 - beta2)(s - v); returns 1 / (sqrt(v) + eps), rounded as the row is multiplied with it.</summary>
    public float Update(float* state, double meanSquare)
    {
        double updated = *state + ((1 - _beta2) * (meanSquare - *state));
        *state = updated < SmallestNormal ? 0 : (float)updated;
        return (float)(1 / (Math.Sqrt(*state) + _epsilon));
    }
}
