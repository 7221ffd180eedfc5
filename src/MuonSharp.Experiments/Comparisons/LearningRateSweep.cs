namespace MuonSharp.Experiments;

/// <summary>Which learning rates are tried: three around a middle, and further ones while the best is at an edge.</summary>
/// <remarks>Losses that are not finite count as infinitely bad: where all are, the next rate is a smaller one. Of equal losses the smaller rate's wins.</remarks>
internal sealed class LearningRateSweep
{
    /// <summary>Ratio of neighbouring rates.</summary>
    public const double Factor = 2;

    /// <summary>Most rates that are tried.</summary>
    public const int Most = 6;

    private readonly SortedDictionary<double, double> _losses = [];
    private readonly Queue<double> _given;
    private readonly bool _extends;

    /// <param name="rates">The first rates.</param>
    /// <param name="extends">Whether further ones may follow.</param>
    public LearningRateSweep(IReadOnlyList<double> rates, bool extends) => (_given, _extends) = (new(rates), extends);

    /// <summary>The rates that are certain to be tried next, whatever comes of any of them.</summary>
    public IReadOnlyList<double> Known => _given.Count > 0 ? [.. _given] : Next is { } rate ? [rate] : [];

    /// <summary>Rates that are tried yet at most.</summary>
    public int MostPending => _extends ? Math.Max(_given.Count, Most - _losses.Count) : _given.Count;

    /// <summary>The rate to try next; null when there is none.</summary>
    public double? Next => _given.TryPeek(out double rate) ? rate : _extends && _losses.Count < Most ? Beyond : null;

    /// <summary>The rate with the least loss; null while there is no finite one.</summary>
    public double? Best => _losses.Count > 0 && _losses.MinBy(pair => pair.Value) is { Value: < double.PositiveInfinity } best ? best.Key : null;

    /// <summary>Whether a better rate may lie beyond those tried.</summary>
    public bool BestAtEdge => _extends && Beyond is not null;

    private double? Beyond
    {
        get
        {
            double least = _losses.Keys.First();
            double greatest = _losses.Keys.Last();
            return Best is not { } best || best == least ? least / Factor : best == greatest ? greatest * Factor : null;
        }
    }

    /// <summary>A rate as keys and names hold it: the shortest text that reads back as the same number.</summary>
    public static string Text(double rate) => rate.ToString("R", System.Globalization.CultureInfo.InvariantCulture).ToLowerInvariant();

    /// <summary>The three rates around a middle.</summary>
    public static IReadOnlyList<double> Around(double middle) => [middle, middle / Factor, middle * Factor];

    /// <summary>Takes the loss of <see cref="Next"/>.</summary>
    public void Report(double loss)
    {
        double rate = Next!.Value;
        _given.TryDequeue(out _);
        _losses[rate] = double.IsFinite(loss) ? loss : double.PositiveInfinity;
    }
}
