using System.Collections.Immutable;
using System.Text.Json;
using MuonSharp.Formats;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

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
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException error)
        {
            throw new InvalidFileException(TraceFormat.Operation, path, $"the configuration must be JSON, no key twice; {JsonProblem.Describe(error)}", error);
        }

        using (document)
        {
            return Read(new TraceValue(path, "config", document.RootElement, 0));
        }
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
        IReadOnlyDictionary<string, TraceValue> keys = config.Members(0);
        foreach (string key in keys.Keys)
        {
            config.Require(s_keys.Contains(key, StringComparer.Ordinal), TraceFormat.UnknownName("key", key, s_keys));
        }

        int steps = config.Member(keys, "steps").Whole(1);
        ImmutableArray<TraceGroup> groups = [.. config.Member(keys, "groups").Items(steps).Select(TraceGroupReader.Read)];
        config.Require(groups.Length > 0, "there must be at least one group; none came");
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (string name in groups.SelectMany(group => group.Parameters))
        {
            config.Require(names.Add(name), $"a parameter belongs to one group, once; '{name}' comes twice");
        }

        return new TraceConfig(steps, groups);
    }
}
