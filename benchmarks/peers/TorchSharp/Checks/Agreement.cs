using System.Globalization;

namespace MuonSharp.Peers;

/// <summary>Compares what both sides computed of the same numbers, before anything is timed.</summary>
/// <remarks>The deviation is ‖theirs - ours‖ / ‖ours‖, in double precision.</remarks>
internal sealed class Agreement(string name)
{
    /// <summary>Greatest deviation of what must agree.</summary>
    public const double Tolerance = 1e-3;

    private double _greatest;
    private string _where = "nothing";
    private int _compared;

    /// <summary>What of the two is compared, in one line.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{name}: {_compared} results agree, the worst, {_where}, within {_greatest:0.0e+0}");

    /// <summary>Compares numbers.</summary>
    /// <exception cref="InvalidOperationException">They do not agree.</exception>
    public void Compare(string what, ReadOnlySpan<float> ours, ReadOnlySpan<float> theirs)
    {
        if (ours.Length != theirs.Length)
        {
            throw new InvalidOperationException($"[peer] both sides compute as many numbers; {name}, {what}: {ours.Length} and {theirs.Length}");
        }

        double difference = 0, size = 0;
        for (int i = 0; i < ours.Length; i++)
        {
            difference += Math.Pow((double)theirs[i] - ours[i], 2);
            size += Math.Pow(ours[i], 2);
        }

        double deviation = Math.Sqrt(difference / size);
        _compared++;

        // Written so that a deviation which is no number does not agree.
        if (!(deviation <= Tolerance))
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"[peer] both sides agree within {Tolerance:0e+0}; {name}, {what}: {deviation:0.0e+0}"));
        }

        if (deviation >= _greatest)
        {
            (_greatest, _where) = (deviation, what);
        }
    }
}
