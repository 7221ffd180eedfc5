using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MuonSharp.Training;

/// <summary>Makes <see cref="ConfigKey"/>s of the kinds that configurations need.</summary>
internal static class ConfigKeyFactory
{
    public static ConfigKey Integer(
        string name,
        Func<TrainingConfig, int> read,
        Func<TrainingConfig, int, TrainingConfig> write,
        int minimum,
        int maximum = int.MaxValue) =>
        new(
            name,
            $"must be a whole number from {minimum} to {maximum}",
            config => JsonValue.Create(read(config)),
            (config, value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number)
                && number >= minimum && number <= maximum ? write(config, number) : null,
            text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
                ? Element(JsonValue.Create(number)) : null);

    public static ConfigKey Interval(
        string name, Func<TrainingConfig, int> read, Func<TrainingConfig, int, TrainingConfig> write) =>
        new(
            name,
            $"must be a whole number of steps from 1 to {int.MaxValue}, or -1 for never",
            config => JsonValue.Create(read(config)),
            (config, value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number)
                && number is -1 or >= 1 ? write(config, number) : null,
            text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
                ? Element(JsonValue.Create(number)) : null);

    public static ConfigKey Unsigned(
        string name, Func<TrainingConfig, ulong> read, Func<TrainingConfig, ulong, TrainingConfig> write) =>
        new(
            name,
            $"must be a whole number from 0 to {ulong.MaxValue}",
            config => JsonValue.Create(read(config)),
            (config, value) => value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out ulong number)
                ? write(config, number) : null,
            text => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
                ? Element(JsonValue.Create(number)) : null);

    public static ConfigKey Number(
        string name,
        string rule,
        Func<TrainingConfig, double> read,
        Func<TrainingConfig, double, TrainingConfig> write,
        Func<double, bool> accepts) =>
        new(
            name,
            rule,
            config => double.IsFinite(read(config)) ? JsonValue.Create(read(config)) : JsonValue.Create($"{read(config)}"),
            (config, value) => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number)
                && double.IsFinite(number) && accepts(number) ? write(config, number) : null,
            ParseNumber);

    public static ConfigKey OptionalNumber(
        string name,
        string rule,
        Func<TrainingConfig, double?> read,
        Func<TrainingConfig, double?, TrainingConfig> write,
        Func<double, bool> accepts) =>
        new(
            name,
            rule,
            config => read(config) is { } number
                ? double.IsFinite(number) ? JsonValue.Create(number) : JsonValue.Create($"{number}")
                : null,
            (config, value) => value.ValueKind == JsonValueKind.Null ? write(config, null)
                : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number)
                && double.IsFinite(number) && accepts(number) ? write(config, number) : null,
            text => text is "" or "null" ? Element(null) : ParseNumber(text));

    /// <summary>A number above 0; <c>off</c>, which a configuration holds as 0; or null.</summary>
    public static ConfigKey NumberOrOff(
        string name, string rule, Func<TrainingConfig, double?> read, Func<TrainingConfig, double?, TrainingConfig> write) =>
        new(
            name,
            rule,
            config => read(config) switch
            {
                null => null,
                0 => JsonValue.Create("off"),
                { } number => double.IsFinite(number) ? JsonValue.Create(number) : JsonValue.Create($"{number}"),
            },
            (config, value) => value.ValueKind switch
            {
                JsonValueKind.Null => write(config, null),
                JsonValueKind.String when value.ValueEquals("off"u8) => write(config, 0),
                JsonValueKind.Number when value.TryGetDouble(out double number) && double.IsFinite(number) && number > 0 => write(config, number),
                _ => null,
            },
            text => text is "" or "null" ? Element(null) : text == "off" ? Element(JsonValue.Create(text)) : ParseNumber(text));

    public static ConfigKey Flag(
        string name, Func<TrainingConfig, bool> read, Func<TrainingConfig, bool, TrainingConfig> write) =>
        new(
            name,
            "must be true or false",
            config => JsonValue.Create(read(config)),
            (config, value) => value.ValueKind is JsonValueKind.True or JsonValueKind.False
                ? write(config, value.GetBoolean()) : null,
            text => bool.TryParse(text, out bool flag) ? Element(JsonValue.Create(flag)) : null);

    public static ConfigKey Choice(
        string name,
        IReadOnlyList<string> choices,
        Func<TrainingConfig, string> read,
        Func<TrainingConfig, string, TrainingConfig> write) =>
        new(
            name,
            $"must be {(choices.Count == 1 ? "" : "one of ")}{string.Join(", ", choices)}",
            config => JsonValue.Create(read(config)),
            (config, value) => value.ValueKind == JsonValueKind.String && value.GetString() is { } text
                && choices.Contains(text, StringComparer.Ordinal) ? write(config, text) : null,
            text => Element(JsonValue.Create(text)),
            choices);

    public static ConfigKey OptionalChoice(
        string name,
        IReadOnlyList<string> choices,
        string otherwise,
        Func<TrainingConfig, string?> read,
        Func<TrainingConfig, string?, TrainingConfig> write) =>
        new(
            name,
            $"must be one of {string.Join(", ", choices)}, or null for {otherwise}",
            config => read(config) is { } text ? JsonValue.Create(text) : null,
            (config, value) => value.ValueKind == JsonValueKind.Null ? write(config, null)
                : value.ValueKind == JsonValueKind.String && value.GetString() is { } text
                && choices.Contains(text, StringComparer.Ordinal) ? write(config, text) : null,
            text => text is "null" ? Element(null) : Element(JsonValue.Create(text)),
            choices);

    public static ConfigKey Text(
        string name, Func<TrainingConfig, string> read, Func<TrainingConfig, string, TrainingConfig> write) =>
        new(
            name,
            "must be text",
            config => JsonValue.Create(read(config)),
            (config, value) => value.ValueKind == JsonValueKind.String ? write(config, value.GetString()!) : null,
            text => Element(JsonValue.Create(text)));

    public static ConfigKey OptionalText(
        string name, Func<TrainingConfig, string?> read, Func<TrainingConfig, string?, TrainingConfig> write) =>
        new(
            name,
            "must be text, or null",
            config => read(config) is { } text ? JsonValue.Create(text) : null,
            (config, value) => value.ValueKind switch
            {
                JsonValueKind.Null => write(config, null),
                JsonValueKind.String when value.GetString() is { Length: > 0 } text => write(config, text),
                _ => null,
            },
            text => text is "null" ? Element(null) : Element(JsonValue.Create(text)));

    private static JsonElement? ParseNumber(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            ? Element(JsonValue.Create(number)) : null;

    private static JsonElement? Element(JsonNode? node)
    {
        using JsonDocument document = JsonDocument.Parse(node?.ToJsonString() ?? "null");
        return document.RootElement.Clone();
    }
}
