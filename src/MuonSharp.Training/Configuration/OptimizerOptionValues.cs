using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MuonSharp.Formats;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>Options of an optimizer that a configuration sets by key (<c>optimizer.nesterov</c>); one that is not here has its preset's value.</summary>
/// <remarks>What there is stands in <see cref="OptimizerDescriptors"/>. Two are equal when they set the same keys to the same values.</remarks>
public sealed class OptimizerOptionValues : IEquatable<OptimizerOptionValues>
{
    /// <summary>Texts by key, as <c>--set</c> takes them; numbers as the shortest text that reads back, so that equal values have equal texts.</summary>
    private readonly ImmutableSortedDictionary<string, string> _values;

    private OptimizerOptionValues(ImmutableSortedDictionary<string, string> values) => _values = values;

    /// <summary>Nothing is set.</summary>
    public static OptimizerOptionValues None { get; } = new(ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal));

    /// <summary>The keys that are set, sorted.</summary>
    public IEnumerable<string> Keys => _values.Keys;

    /// <summary>The value of a key as <c>--set</c> takes it; null: the preset's.</summary>
    /// <param name="key">The key's name after <c>optimizer.</c>, such as <c>blockSize</c>.</param>
    public string? this[string key] => _values.GetValueOrDefault(key);

    /// <summary>The values with another one.</summary>
    /// <param name="key">The key's name after <c>optimizer.</c>.</param>
    /// <param name="value">The value as <c>--set</c> takes it; null: the preset's.</param>
    public OptimizerOptionValues With(string key, string? value) => WithText(key, value is null ? null : Write(OptionKey.FromText(value)));

    /// <inheritdoc/>
    public bool Equals(OptimizerOptionValues? other) => other is not null && _values.SequenceEqual(other._values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as OptimizerOptionValues);

    /// <inheritdoc/>
    public override int GetHashCode() => _values.Aggregate(0, static (hash, pair) => HashCode.Combine(hash, pair.Key, pair.Value));

    /// <inheritdoc/>
    public override string ToString() => string.Join("  ", _values.Select(static pair => $"{pair.Key}={pair.Value}"));

    /// <summary>A value as its text is kept; null for null.</summary>
    internal static string? Write(JsonNode? value) => Plain(value) is JsonValue word && word.TryGetValue(out string? text) ? text : Plain(value)?.ToJsonString();

    /// <summary>The values with another one, whose text is as it is kept.</summary>
    internal OptimizerOptionValues WithText(string key, string? text) => new(text is null ? _values.Remove(key) : _values.SetItem(key, text));

    /// <summary>The values of some keys alone.</summary>
    internal OptimizerOptionValues Where(Func<string, bool> stays) => new(_values.RemoveRange(_values.Keys.Where(key => !stays(key))));

    private static JsonNode? Plain(JsonNode? value) => value switch
    {
        JsonArray list => new JsonArray([.. list.Select(Plain)]),
        JsonValue number when number.GetValueKind() == System.Text.Json.JsonValueKind.Number => OptionKey.FromText(number.ToJsonString()),
        _ => value?.DeepClone(),
    };
}

/// <summary>The value of an option, or null for the preset's: what any optimizer that has the key takes in any of its forms. The one that is chosen decides at the end.</summary>
/// <param name="name">The key's name.</param>
/// <param name="optimizers">The optimizers that have it.</param>
internal sealed class OptimizerOptionValue(string name, IReadOnlyList<OptimizerDescriptor> optimizers)
    : ConfigValue<string?>($"{string.Join(", or ", optimizers.Select(optimizer => optimizer.Key(name)!.Rule).Distinct())}, or null for the preset's")
{
    public override IReadOnlyList<string> Choices { get; } = [.. optimizers.SelectMany(optimizer => optimizer.Key(name)!.Choices).Distinct()];

    public override bool TryParse(string text, out string? value) => TryNode(OptionKey.FromText(text), out value);

    public override bool TryRead(JsonEntry entry, out string? value) => TryNode(entry.ToNode(), out value);

    public override bool Accepts(string? value) => value is null || TryParse(value, out _);

    public override JsonNode? Write(string? value) => value is null ? null : OptionKey.FromText(value);

    private bool TryNode(JsonNode? node, out string? value)
    {
        value = OptimizerOptionValues.Write(node);
        return value is null || optimizers.Any(optimizer => Takes(optimizer.Key(name)!, optimizer, node));
    }

    /// <summary>A list of one number a step is for recorded runs alone.</summary>
    private static bool Takes(OptionKey key, OptimizerDescriptor optimizer, JsonNode? node) =>
        !(key.IsSchedule && node is JsonArray) && optimizer.Presets.Any(preset => key.TryApply(preset.Matrices, node, out _, out _));
}
