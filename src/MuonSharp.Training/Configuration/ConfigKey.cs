using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>One leaf of <see cref="TrainingConfig"/>: its dotted name and everything else that there is to say about it.</summary>
/// <remarks>A key is written once, in the file of its section. Rules, resume, remarks, help and the table in <c>docs/configuration.md</c> are read from it.</remarks>
public abstract class ConfigKey
{
    private protected ConfigKey(string name, string help, IReadOnlyList<string> choices) => (Name, Help, Choices) = (name, help, choices);

    /// <summary>Dotted name, for example <c>train.steps</c>.</summary>
    public string Name { get; }

    /// <summary>What a value must be, as the end of a sentence that starts with the name and "must be".</summary>
    public abstract string Rule { get; }

    /// <summary>What it means, in one sentence.</summary>
    public string Help { get; }

    /// <summary>What it is counted in, such as <c>steps</c>; null for a number without a unit, a word, a truth value.</summary>
    public string? Unit { get; private protected init; }

    /// <summary>The words that it may be; empty for one that is no word of a list.</summary>
    public IReadOnlyList<string> Choices { get; }

    /// <summary>Other words for it, of other tools, papers and habit: they are suggested, never taken.</summary>
    internal string[] Synonyms { get; private protected init; } = [];

    /// <summary>Whether it may change when a run is resumed: it does not change what the steps already done would have been.</summary>
    public bool FreeOnResume { get; private protected init; }

    /// <summary>When it makes a difference; null: always.</summary>
    internal ConfigCondition? UsedWhen { get; private protected init; }

    /// <summary>The value in a configuration as JSON; null for a key that is not set.</summary>
    /// <param name="config">The configuration to read.</param>
    public abstract JsonNode? Read(TrainingConfig config);

    /// <summary>When the keys of its section make a difference; null: always.</summary>
    internal ConfigCondition? SectionUsedWhen { get; private protected init; }

    /// <summary>Whether it makes a difference in a configuration.</summary>
    /// <param name="config">The configuration.</param>
    public bool IsUsed(TrainingConfig config) => Hindrance(config) is null;

    /// <summary>The condition that keeps it from making a difference in a configuration; null where it makes one.</summary>
    internal ConfigCondition? Hindrance(TrainingConfig config) =>
        SectionUsedWhen?.Holds(config) == false ? SectionUsedWhen : UsedWhen?.Holds(config) == false ? UsedWhen : null;

    /// <summary>The value in a configuration as <c>--set</c> takes it.</summary>
    /// <param name="config">The configuration to read.</param>
    public string Text(TrainingConfig config) => Read(config) switch
    {
        null => "null",
        JsonValue text when text.TryGetValue<string>(out string? plain) => plain,
        JsonNode value => value.ToJsonString().Replace("E-", "e-", StringComparison.Ordinal).Replace("E+", "e", StringComparison.Ordinal),
    };

    /// <summary>Whether two configurations have the same value.</summary>
    internal abstract bool Same(TrainingConfig one, TrainingConfig other);

    /// <summary>Whether the value in a configuration keeps this key's own rule.</summary>
    internal abstract bool Accepts(TrainingConfig config);

    /// <summary>The configuration with this key set from text; adds a problem and returns null when the rule is broken.</summary>
    internal abstract TrainingConfig? Set(TrainingConfig config, string value, List<string> problems);

    /// <summary>The configuration with this key set from JSON; adds a problem and returns null when the rule is broken.</summary>
    internal abstract TrainingConfig? Set(TrainingConfig config, JsonEntry value, List<string> problems);

    /// <summary>The configuration with this key as another one has it.</summary>
    internal abstract TrainingConfig Copy(TrainingConfig from, TrainingConfig to);

    private protected string Hint(string value) => NearestName.Hint(value, Choices);
}

/// <summary>When a key makes a difference: while another one has certain values.</summary>
/// <param name="Key">The other key, which remarks name.</param>
/// <param name="Holds">Whether it has such a value.</param>
internal sealed record ConfigCondition(string Key, Func<TrainingConfig, bool> Holds);

/// <summary>The keys of a section, with the section's place in the configuration.</summary>
/// <typeparam name="TSection">The section's record.</typeparam>
/// <param name="prefix">What comes before a key's last name, such as <c>train.</c>.</param>
/// <param name="read">The section of a configuration.</param>
/// <param name="write">The configuration with another section.</param>
/// <param name="sectionUsedWhen">When its keys make a difference; null: always.</param>
internal sealed class ConfigSection<TSection>(
    string prefix, Func<TrainingConfig, TSection> read, Func<TrainingConfig, TSection, TrainingConfig> write, ConfigCondition? sectionUsedWhen = null)
{
    /// <summary>Makes a key.</summary>
    /// <param name="name">Its last name.</param>
    /// <param name="kind">What a value may be.</param>
    /// <param name="get">Its value in the section.</param>
    /// <param name="set">The section with another value.</param>
    /// <param name="help">What it means.</param>
    /// <param name="unit">What it is counted in.</param>
    /// <param name="free">Whether it may change when a run is resumed.</param>
    /// <param name="usedWhen">When it makes a difference.</param>
    /// <param name="also">Other words for it, with blanks between.</param>
    public ConfigKey Key<T>(
        string name,
        ConfigValue<T> kind,
        Func<TSection, T> get,
        Func<TSection, T, TSection> set,
        string help,
        string? unit = null,
        bool free = false,
        ConfigCondition? usedWhen = null,
        string also = "") =>
        new ConfigKey<T>(prefix + name, kind, config => get(read(config)), (config, value) => write(config, set(read(config), value)), help)
        {
            Unit = unit,
            FreeOnResume = free,
            UsedWhen = usedWhen,
            SectionUsedWhen = sectionUsedWhen,
            Synonyms = also.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        };
}

/// <summary>A key whose value has a type: text and JSON become one once, here.</summary>
internal sealed class ConfigKey<T>(
    string name, ConfigValue<T> kind, Func<TrainingConfig, T> read, Func<TrainingConfig, T, TrainingConfig> write, string help)
    : ConfigKey(name, help, kind.Choices)
{
    public new string? Unit { init => base.Unit = value; }

    public new bool FreeOnResume { init => base.FreeOnResume = value; }

    public new ConfigCondition? UsedWhen { init => base.UsedWhen = value; }

    public new ConfigCondition? SectionUsedWhen { init => base.SectionUsedWhen = value; }

    public new string[] Synonyms { init => base.Synonyms = value; }

    public override string Rule => kind.Rule;

    public override JsonNode? Read(TrainingConfig config) => kind.Write(read(config));

    internal override bool Same(TrainingConfig one, TrainingConfig other) => EqualityComparer<T>.Default.Equals(read(one), read(other));

    internal override bool Accepts(TrainingConfig config) => kind.Accepts(read(config));

    internal override TrainingConfig Copy(TrainingConfig from, TrainingConfig to) => write(to, read(from));

    internal override TrainingConfig? Set(TrainingConfig config, string value, List<string> problems)
    {
        if (kind.TryParse(value, out T parsed))
        {
            return write(config, parsed);
        }

        problems.Add($"[config] {Name} must be {Rule}; {OneLine.Quote(value)} came{Hint(value)}");
        return null;
    }

    internal override TrainingConfig? Set(TrainingConfig config, JsonEntry value, List<string> problems)
    {
        if (kind.TryRead(value, out T parsed))
        {
            return write(config, parsed);
        }

        problems.Add(value.Problem(Rule) + (value.TryText(out string text) ? Hint(text) : ""));
        return null;
    }
}
