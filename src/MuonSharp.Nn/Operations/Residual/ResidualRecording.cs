namespace MuonSharp.Nn;

/// <summary>Records residual additions.</summary>
public static class ResidualRecording
{
    /// <summary>y = a + b.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="a">Any shape.</param>
    /// <param name="b">The same shape.</param>
    /// <returns>The same shape.</returns>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static Tensor Add(this Tape tape, Tensor a, Tensor b)
    {
        Rule.Check(a.Rows == b.Rows && a.Columns == b.Columns, $"[residual] both have one shape; {a} and {b}");
        return tape.Record(new ResidualOperation(a, b)).Output;
    }
}
