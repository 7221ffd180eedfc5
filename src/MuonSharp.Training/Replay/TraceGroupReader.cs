using System.Collections.Immutable;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>Reads one group of a recorded run's configuration.</summary>
internal static class TraceGroupReader
{
    /// <summary>The key that says which axis is the fan-out; only Muon asks.</summary>
    internal const string OrientationKey = "orientation";

    private const string OptimizerKey = "optimizer";
    private const string PresetKey = "preset";
    private const string ParametersKey = "parameters";
    private static readonly string[] s_structure = [OptimizerKey, PresetKey, ParametersKey];

    private static readonly Dictionary<string, MatrixLayout> s_orientations = new(StringComparer.Ordinal)
    {
        ["out-in"] = MatrixLayout.OutIn,
        ["in-out"] = MatrixLayout.InOut,
    };

    /// <summary>Reads a group; every key must be one of the optimizer's.</summary>
    public static TraceGroup Read(TraceValue group)
    {
        IReadOnlyDictionary<string, TraceValue> keys = group.Members();
        TraceOptimizer optimizer = group.Member(keys, OptimizerKey).Choice(TraceOptimizers.All);
        TraceValue list = group.Member(keys, ParametersKey);
        ImmutableArray<string> parameters = [.. list.Items().Select(name => name.Text())];
        list.Require(parameters.Length > 0, "a group has at least one parameter; none came");
        TraceValue? preset = keys.TryGetValue(PresetKey, out TraceValue named) ? named : null;
        Dictionary<string, TraceValue> settings = keys.Where(pair => !s_structure.Contains(pair.Key, StringComparer.Ordinal))
            .ToDictionary(StringComparer.Ordinal);
        MatrixLayout layout = optimizer.Name == "muon" ? ReadLayout(preset, settings) : MatrixLayout.OutIn;
        OptimizerOptions options = optimizer.Read(group, preset, settings);
        IReadOnlyList<string> problems = options.Problems();
        group.Require(problems.Count == 0, string.Join("; ", problems));
        return new TraceGroup(parameters, options, layout);
    }

    // optax stores weights [in, out]; everybody else [out, in]. Only Muon asks which side is the fan-out.
    private static MatrixLayout ReadLayout(TraceValue? preset, Dictionary<string, TraceValue> settings)
    {
        if (settings.TryGetValue(OrientationKey, out TraceValue orientation))
        {
            return orientation.Choice(s_orientations);
        }

        return preset?.Text() == "optax" ? MatrixLayout.InOut : MatrixLayout.OutIn;
    }
}
