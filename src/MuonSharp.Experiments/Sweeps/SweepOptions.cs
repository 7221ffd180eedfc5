using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>What is swept, and on what.</summary>
/// <remarks>Every run's configuration is composed in this order, the later winning: preset, files, settings, the values of its point, its seed.</remarks>
public sealed record SweepOptions : ExperimentOptions
{
    /// <summary>More runs than anybody means.</summary>
    internal const int MostRuns = 10_000;

    /// <summary>The keys that are tried, each with its values; every value goes with every one of the others.</summary>
    public required IReadOnlyList<SweepAxis> Axes { get; init; }

    /// <summary>The values of every point, in the order of the axes; the last axis' follow each other.</summary>
    internal IEnumerable<IReadOnlyList<string>> Grid() =>
        Axes.Aggregate((IEnumerable<IReadOnlyList<string>>)[[]], (points, axis) => points.SelectMany(point => axis.Values.Select(value => (IReadOnlyList<string>)[.. point, value])));

    /// <summary>The configuration of a point.</summary>
    /// <param name="values">Its values.</param>
    /// <exception cref="ConfigurationException">It breaks rules; all are named.</exception>
    internal TrainingConfig Config(IReadOnlyList<string> values)
    {
        TrainingConfigBuilder builder = Begin();
        SetAll(builder, Settings, new(ConfigSource.Option, "--set"));
        SetAll(builder, Axes.Zip(values, (axis, value) => KeyValuePair.Create(axis.Key, value)), new(ConfigSource.Option, "--over"));
        return builder.Build();
    }

    /// <summary>Everything that is wrong with them before any configuration is composed.</summary>
    internal IEnumerable<string> Check()
    {
        foreach (string problem in SweepAxis.Check(Axes).Concat(CheckCounts("sweep")))
        {
            yield return problem;
        }

        if (Axes.Aggregate((double)Seeds, (runs, axis) => runs * axis.Values.Count) is > MostRuns and var runs)
        {
            yield return FormattableString.Invariant($"[sweep] a grid has {MostRuns:#,0} runs at most; {string.Join(" x ", Axes.Select(axis => axis.Values.Count))} points of {Seeds} seeds are {runs:#,0}");
        }
    }
}
