using System.Text.Json;
using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>Configurations as nested JSON objects.</summary>
internal static class ConfigJson
{
    private static readonly JsonOptions s_options = new() { Operation = "config" };

    private static readonly JsonDocumentOptions s_lenient = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
        AllowDuplicateProperties = false,
    };

    public static JsonObject Write(TrainingConfig config) => Write(config, ConfigKeys.All);

    public static JsonObject Write(TrainingConfig config, IEnumerable<ConfigKey> keys)
    {
        JsonObject root = [];
        foreach (ConfigKey key in keys)
        {
            string[] parts = key.Name.Split('.');
            JsonObject place = root;
            foreach (string part in parts.AsSpan(0, parts.Length - 1))
            {
                if (place[part] is not JsonObject inner)
                {
                    inner = [];
                    place[part] = inner;
                }

                place = inner;
            }

            place[parts[^1]] = key.Read(config);
        }

        return root;
    }

    /// <summary>Reads the leaves of a JSON object as dotted keys; adds a problem for each that is unknown or wrong.</summary>
    /// <param name="utf8">The JSON text, which may hold comments and trailing commas.</param>
    /// <param name="source">What problems name: a path, or the preset.</param>
    /// <param name="config">The configuration that the keys are set on.</param>
    /// <param name="keys">Receives the name of every key that was set.</param>
    /// <param name="problems">Receives every problem.</param>
    public static TrainingConfig Read(
        ReadOnlyMemory<byte> utf8, string source, TrainingConfig config, HashSet<string> keys, List<string> problems)
    {
        if (JsonFile.Parse(utf8, source, s_options, problems) is not { } root)
        {
            return config;
        }

        if (root.Kind != JsonValueKind.Object)
        {
            problems.Add(root.Problem("an object"));
            return config;
        }

        using JsonDocument document = JsonDocument.Parse(root.RawText, s_lenient);
        return ReadObject(document.RootElement, "", source, config, keys, problems);
    }

    private static TrainingConfig ReadObject(
        JsonElement element, string prefix, string source, TrainingConfig config, HashSet<string> keys, List<string> problems)
    {
        foreach (JsonProperty property in element.EnumerateObject())
        {
            string name = prefix + property.Name;
            if (property.Value.ValueKind == JsonValueKind.Object && IsGroup(name))
            {
                config = ReadObject(property.Value, name + ".", source, config, keys, problems);
            }
            else if (IsGroup(name))
            {
                problems.Add($"[config] {source}: {name} must be an object; {JsonProblem.Name(property.Value.ValueKind)} came");
            }
            else if (ConfigKeys.Find(name, problems, source) is { } key)
            {
                config = key.Set(config, property.Value, source, problems) ?? config;
                keys.Add(name);
            }
        }

        return config;
    }

    private static bool IsGroup(string name) =>
        ConfigKeys.All.Any(key => key.Name.Length > name.Length && key.Name[name.Length] == '.'
            && key.Name.StartsWith(name, StringComparison.Ordinal));
}

/// <summary>What is wrong with a JSON text, in words for whoever wrote it.</summary>
internal static class JsonProblem
{
    /// <summary>A kind of value, with its article.</summary>
    public static string Name(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => "null",
    };
}
