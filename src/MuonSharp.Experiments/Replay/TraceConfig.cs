using System.Collections.Immutable;
using System.Text;
using MuonSharp.Formats;
using MuonSharp.Optimizers;

namespace MuonSharp.Experiments;

/// <summary>The configuration of a recorded run: how many steps, and which optimizer stepped which parameters.</summary>
/// <remarks>
/// <para><c>{"steps": n, "groups": [{"optimizer": "muon", "preset": "keller-jordan", "parameters": ["a"], "learning_rate": 0.02, ...}]}</c>.
/// A key that is absent takes the preset's value, without a preset the optimizer's default. A key that the optimizer does not have is an error.</para>
/// </remarks>
/// <param name="Steps">Number of recorded steps, 1 or more.</param>
/// <param name="Groups">The groups, at least one.</param>
public sealed record TraceConfig(int Steps, ImmutableArray<TraceGroup> Groups)
{
    private static readonly string[] s_keys = ["steps", "groups"];

    /// <summary>Reads a configuration and checks all of it.</summary>
    /// <param name="json">The JSON text.</param>
    /// <param name="path">The file it came from, for messages.</param>
    /// <returns>The configuration.</returns>
    /// <exception cref="InvalidFileException">It is no JSON, a key is unknown, missing or given twice, or a value breaks its key's rule.</exception>
    public static TraceConfig Parse(string json, string path)
    {
        JsonOptions options = new() { Operation = TraceFormat.Operation, Root = "config" };
        return Read(new TraceValue(JsonFile.Parse(Encoding.UTF8.GetBytes(json), path, options), 0));
    }

    /// <summary>The routes that send each group's parameters to its optimizer, by name.</summary>
    /// <returns>One route a group; they take parameters of every role.</returns>
    public IReadOnlyList<Route> Routes() =>
        [.. Groups.Select((group, index) => new Route($"group {index + 1}", [.. Enum.GetValues<ParameterRole>()], group.Options)
        {
            Condition = new HashSet<string>(group.Parameters, StringComparer.Ordinal) is var names ? parameter => names.Contains(parameter.Name) : null,
        })];

    private static TraceConfig Read(TraceValue config)
    {
        foreach (string key in config.Members().Keys)
        {
            config.Require(s_keys.Contains(key, StringComparer.Ordinal), TraceFormat.UnknownName("key", key, s_keys));
        }

        int steps = config.Member("steps").Whole(1);
        ImmutableArray<TraceGroup> groups = [.. config.Member("groups").Items(steps).Select(TraceGroupReader.Read)];
        config.Require(groups.Length > 0, "there must be at least one group; none came");
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (string name in groups.SelectMany(group => group.Parameters))
        {
            config.Require(names.Add(name), $"a parameter belongs to one group, once; '{name}' comes twice");
        }

        return new TraceConfig(steps, groups);
    }
}

/// <summary>Parameters of a recorded run that one optimizer stepped with the same options.</summary>
/// <param name="Parameters">The parameters' names, at least one, each in one group only.</param>
/// <param name="Options">The options, whose type says which optimizer.</param>
/// <param name="Layout">How the group's weights are stored: [out, in] or [in, out].</param>
public sealed record TraceGroup(ImmutableArray<string> Parameters, OptimizerOptions Options, MatrixLayout Layout);

/// <summary>Reads one group of a recorded run's configuration.</summary>
internal static class TraceGroupReader
{
    /// <summary>The key that says which axis is the fan-out; only Muon asks.</summary>
    internal const string OrientationKey = "orientation";

    private const string OptimizerKey = "optimizer";
    private const string PresetKey = "preset";
    private const string ParametersKey = "parameters";
    private static readonly string[] s_structure = [OptimizerKey, PresetKey, ParametersKey];

    private static readonly Dictionary<string, OptimizerDescriptor> s_optimizers =
        OptimizerDescriptors.All.ToDictionary(descriptor => descriptor.Name, StringComparer.Ordinal);

    private static readonly Dictionary<string, MatrixLayout> s_orientations = new(StringComparer.Ordinal)
    {
        ["out-in"] = MatrixLayout.OutIn,
        ["in-out"] = MatrixLayout.InOut,
    };

    /// <summary>Reads a group; every key must be one of the optimizer's.</summary>
    public static TraceGroup Read(TraceValue group)
    {
        IReadOnlyDictionary<string, TraceValue> keys = group.Members();
        OptimizerDescriptor optimizer = group.Member(OptimizerKey).Choice(s_optimizers);
        TraceValue list = group.Member(ParametersKey);
        ImmutableArray<string> parameters = [.. list.Items().Select(name => name.Text())];
        list.Require(parameters.Length > 0, "a group has at least one parameter; none came");
        string preset = keys.TryGetValue(PresetKey, out TraceValue named) ? named.Text() : optimizer.TracePreset;
        OptimizerOptions options = (optimizer.Preset(preset)
            ?? throw named.Error(TraceFormat.UnknownName("value", preset, optimizer.Presets.Select(known => known.Name)))).Matrices;
        Dictionary<string, TraceValue> settings = keys.Where(pair => !s_structure.Contains(pair.Key, StringComparer.Ordinal)).ToDictionary(StringComparer.Ordinal);
        MatrixLayout layout = options.Orthogonalizes ? ReadLayout(preset, settings) : MatrixLayout.OutIn;
        options = Apply(group, optimizer, options, settings);
        IReadOnlyList<string> problems = options.Problems();
        group.Require(problems.Count == 0, string.Join("; ", problems));
        return new TraceGroup(parameters, options, layout);
    }

    /// <summary>Applies the keys in the optimizer's order, whatever their order in the file.</summary>
    private static OptimizerOptions Apply(TraceValue group, OptimizerDescriptor optimizer, OptimizerOptions options, Dictionary<string, TraceValue> settings)
    {
        string[] known = [.. optimizer.Keys.Select(key => key.TraceName), .. options.Orthogonalizes ? [OrientationKey] : Array.Empty<string>()];
        foreach (string key in settings.Keys)
        {
            group.Require(known.Contains(key, StringComparer.Ordinal), $"{optimizer.Name}: {TraceFormat.UnknownName("key", key, known)}");
        }

        foreach (OptionKey key in optimizer.Keys)
        {
            if (settings.TryGetValue(key.TraceName, out TraceValue value))
            {
                value.RequireOneAStep(key.IsSchedule);
                value.Require(key.InTraces.TryApply(options, value.Node(), out options, out string problem), problem + value.Hint(key.Choices));
            }
        }

        return options;
    }

    // optax stores weights [in, out]; everybody else [out, in]. Only Muon asks which side is the fan-out.
    private static MatrixLayout ReadLayout(string preset, Dictionary<string, TraceValue> settings)
    {
        if (settings.Remove(OrientationKey, out TraceValue orientation))
        {
            return orientation.Choice(s_orientations);
        }

        return preset == "optax" ? MatrixLayout.InOut : MatrixLayout.OutIn;
    }
}
