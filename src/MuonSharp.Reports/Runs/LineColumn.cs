namespace MuonSharp.Reports;

/// <summary>A number of each step line; of a very long run of some lines together, as their mean, least and greatest.</summary>
internal sealed class LineColumn
{
    private readonly List<double> _means = [];
    private List<double>? _least;
    private List<double>? _greatest;
    private int _finite;

    /// <summary>Means of the finite numbers of each entry; NaN where none is; where one is not, its neighbour counts for both. Of an entry of one line the number itself.</summary>
    public IReadOnlyList<double> Means => _means;

    /// <summary>What a line through all that was measured goes through: each entry's number, or its least and its greatest.</summary>
    public IReadOnlyList<double> Extremes => _least is null ? _means : [.. _least.Zip(_greatest!, (least, greatest) => (double[])[least, greatest]).SelectMany(both => both)];

    /// <summary>Places of <see cref="Extremes"/>.</summary>
    /// <param name="entries">The places of the entries.</param>
    public IReadOnlyList<double> Places(IReadOnlyList<double> entries) => _least is null ? entries : [.. entries.SelectMany(place => (double[])[place, place])];

    /// <summary>Fills up to so many entries with NaN: a column may come late.</summary>
    public void Pad(int entries)
    {
        while (_means.Count < entries)
        {
            Begin(double.NaN);
        }
    }

    /// <summary>Takes a line's number as an entry of its own.</summary>
    public void Begin(double value)
    {
        _means.Add(value);
        _least?.Add(value);
        _greatest?.Add(value);
        _finite = double.IsFinite(value) ? 1 : 0;
    }

    /// <summary>Takes a line's number into the last entry.</summary>
    public void Join(double value)
    {
        if (!double.IsFinite(value))
        {
            return;
        }

        Separate();
        _finite++;
        _means[^1] = _finite == 1 ? value : _means[^1] + ((value - _means[^1]) / _finite);
        _least![^1] = Of(_least[^1], value, Math.Min);
        _greatest![^1] = Of(_greatest[^1], value, Math.Max);
    }

    /// <summary>Makes one entry of each two; their number is even.</summary>
    public void Halve()
    {
        Separate();
        Halve(_means, (one, other) => (one + other) / 2);
        Halve(_least!, Math.Min);
        Halve(_greatest!, Math.Max);
    }

    private void Separate() => (_least, _greatest) = (_least ?? [.. _means], _greatest ?? [.. _means]);

    private static void Halve(List<double> values, Func<double, double, double> join)
    {
        for (int i = 0; i < values.Count / 2; i++)
        {
            values[i] = Of(values[2 * i], values[(2 * i) + 1], join);
        }

        values.RemoveRange(values.Count / 2, values.Count - (values.Count / 2));
    }

    private static double Of(double one, double other, Func<double, double, double> join) => !double.IsFinite(one) ? other : !double.IsFinite(other) ? one : join(one, other);
}
