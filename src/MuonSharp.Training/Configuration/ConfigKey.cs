using System.Text.Json;
using System.Text.Json.Nodes;

namespace MuonSharp.Training;

/// <summary>One leaf of <see cref="TrainingConfig"/>: its dotted name, its rule, and the way to read and set it.</summary>
public sealed class ConfigKey
{
    private readonly Func<TrainingConfig, JsonNode?> _read;
    private readonly Func<TrainingConfig, JsonElement, TrainingConfig?> _write;
    private readonly Func<string, JsonElement?> _parse;
    private readonly IReadOnlyList<string> _choices;

    internal ConfigKey(
        string name,
        string rule,
        Func<TrainingConfig, JsonNode?> read,
        Func<TrainingConfig, JsonElement, TrainingConfig?> write,
        Func<string, JsonElement?> parse,
        IReadOnlyList<string>? choices = null)
    {
        Name = name;
        Rule = rule;
        _read = read;
        _write = write;
        _parse = parse;
        _choices = choices ?? [];
    }

    /// <summary>Dotted name, for example <c>train.steps</c>.</summary>
    public string Name { get; }

    /// <summary>What a value must be, as the end of a sentence that starts with the name.</summary>
    public string Rule { get; }

    /// <summary>The value in a configuration as JSON; null for a key that is not set.</summary>
    /// <param name="config">The configuration to read.</param>
    public JsonNode? Read(TrainingConfig config) => _read(config);

    /// <summary>The configuration with this key set from text; adds a problem and returns null when the rule is broken.</summary>
    internal TrainingConfig? Set(TrainingConfig config, string value, List<string> problems)
    {
        TrainingConfig? result = _parse(value) is { } element ? _write(config, element) : null;
        if (result is null)
        {
            problems.Add($"[config] {Name} {Rule}; '{value}' came{Hint(value)}");
        }

        return result;
    }

    /// <summary>The configuration with this key set from JSON; adds a problem and returns null when the rule is broken.</summary>
    internal TrainingConfig? Set(TrainingConfig config, JsonElement value, string source, List<string> problems)
    {
        TrainingConfig? result = _write(config, value);
        if (result is null)
        {
            problems.Add($"[config] {source}: {Name} {Rule}; {Shorten(value.GetRawText())} came{(value.ValueKind == JsonValueKind.String ? Hint(value.GetString()!) : "")}");
        }

        return result;
    }

    /// <summary>Whether the value in a configuration keeps this key's own rule.</summary>
    internal bool Accepts(TrainingConfig config)
    {
        using JsonDocument document = JsonDocument.Parse(_read(config)?.ToJsonString() ?? "null");
        return _write(config, document.RootElement) is not null;
    }

    private string Hint(string value) => NearestName.Of(value, _choices) is { } nearest ? $"; did you mean '{nearest}'?" : "";

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..57] + "...";
}
