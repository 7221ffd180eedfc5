using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Optimizers;

/// <summary>One option of an optimizer as configurations and traces name it: the rule for its value, how it is read and how it is set.</summary>
/// <remarks>Values are JSON: a number, true or false, a word, a list; for text <see cref="FromText"/> makes one. What several options must keep together
/// is told by <see cref="OptimizerOptions.Problems"/>.</remarks>
public abstract class OptionKey
{
    private protected OptionKey(string name, string rule, string help)
    {
        (Name, Rule, Help) = (name, rule, help);
        TraceName = Snake(name);
    }

    /// <summary>The name in configurations, after <c>optimizer.</c>: <c>blockSize</c>.</summary>
    public string Name { get; }

    /// <summary>The same name in traces: <c>block_size</c>.</summary>
    public string TraceName { get; }

    /// <summary>What a value must be, as the end of a sentence that begins with "must be".</summary>
    public string Rule { get; }

    /// <summary>What it means, in one sentence.</summary>
    public string Help { get; }

    /// <summary>The words that it may be; empty for a value that is no word of a list.</summary>
    public virtual ImmutableArray<string> Choices => [];

    /// <summary>The key as recorded runs mean it, where that is another meaning than a configuration's.</summary>
    public OptionKey InTraces { get => field ?? this; internal init; }

    /// <summary>Whether the option may change over a run: a list of one number a step is a value too, and <see cref="Schedule"/> gives it.</summary>
    public virtual bool IsSchedule => false;

    /// <summary>The value in some options; null where there is none. A schedule that is no list is its greatest value.</summary>
    /// <param name="options">Options of the optimizer that the key belongs to.</param>
    public abstract JsonNode? Read(OptimizerOptions options);

    /// <summary>The options with another value.</summary>
    /// <param name="options">Options of the optimizer that the key belongs to.</param>
    /// <param name="value">The value.</param>
    /// <param name="changed">The options with the value; the same ones when it breaks the rule.</param>
    /// <param name="problem">What the value must be and what came, empty when it is right.</param>
    /// <returns>Whether it is right.</returns>
    public bool TryApply(OptimizerOptions options, JsonNode? value, out OptimizerOptions changed, out string problem)
    {
        changed = options;
        try
        {
            (OptimizerOptions? result, problem) = Apply(options, value);
            changed = result ?? options;
            problem = result is not null || problem.Length > 0 ? problem : $"must be {Rule}; {Shorten(value)} came";
            return result is not null;
        }
        catch (ArgumentException error)
        {
            // What a constructor of the library refuses: coefficients that are not finite, steps that do not fit the schedule.
            problem = error.Message;
            return false;
        }
    }

    /// <summary>The schedule in some options; null for a key that is none.</summary>
    /// <param name="options">Options of the optimizer that the key belongs to.</param>
    public virtual Schedule? Schedule(OptimizerOptions options) => null;

    /// <summary>The options with a schedule in place of a number; the same ones for a key that is none.</summary>
    /// <param name="options">Options of the optimizer that the key belongs to.</param>
    /// <param name="schedule">The schedule.</param>
    public virtual OptimizerOptions WithSchedule(OptimizerOptions options, Schedule schedule) => options;

    /// <summary>What a text stands for: <c>null</c>, a number, true or false, a list in brackets, otherwise a word.</summary>
    /// <param name="text">The text.</param>
    public static JsonNode? FromText(string text)
    {
        string trimmed = text.Trim();
        if (trimmed.StartsWith('['))
        {
            try
            {
                return JsonFile.Parse(Encoding.UTF8.GetBytes(trimmed), "value", new JsonOptions { Operation = "option" }).ToNode();
            }
            catch (InvalidFileException)
            {
                return JsonValue.Create(text);
            }
        }

        return trimmed switch
        {
            "null" => null,
            _ when bool.TryParse(trimmed, out bool flag) => JsonValue.Create(flag),
            _ => double.TryParse(trimmed, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
                ? JsonValue.Create(number)
                : JsonValue.Create(trimmed),
        };
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>The changed options; or null and a problem, which is empty when <see cref="Rule"/> says it.</summary>
    private protected abstract (OptimizerOptions? Changed, string Problem) Apply(OptimizerOptions options, JsonNode? value);

    /// <summary>A finite number.</summary>
    internal static double? NumberOf(JsonNode? value) =>
        value?.GetValueKind() == JsonValueKind.Number && double.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
        && double.IsFinite(number) ? number : null;

    private protected static string? Word(JsonNode? value) => value?.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    private static string Shorten(JsonNode? value)
    {
        const int Longest = 60;
        string text = value?.ToJsonString() ?? "null";
        return text.Length <= Longest ? text : text[..(Longest - 3)] + "...";
    }

    private static string Snake(string name)
    {
        var text = new StringBuilder();
        foreach (char letter in name)
        {
            _ = char.IsUpper(letter) ? text.Append('_').Append(char.ToLowerInvariant(letter)) : text.Append(letter);
        }

        return text.ToString();
    }
}

/// <summary>The kinds of keys for options of one type.</summary>
internal static class OptionKeys<TOptions>
    where TOptions : OptimizerOptions
{
    private const string NonNegative = "a number of 0 or more";
    private const string BelowOne = "a number from 0 up to but not including 1";

    /// <summary>The keys of every optimizer.</summary>
    public static ImmutableArray<OptionKey> Common { get; } =
    [
        new ScheduleKey("learningRate", NonNegative, "step size, in the optimizer's own unit", static o => o.LearningRate, static (o, v) => (TOptions)((OptimizerOptions)o with { LearningRate = v }), double.PositiveInfinity),
        new ScheduleKey("weightDecay", NonNegative, "share of a weight that a step takes, times the learning rate", static o => o.WeightDecay, static (o, v) => (TOptions)((OptimizerOptions)o with { WeightDecay = v }), double.PositiveInfinity),
        Choice("missingGradient", "what a step does where there is no gradient", OptionWords.MissingGradients, static o => o.MissingGradient, static (o, v) => (TOptions)((OptimizerOptions)o with { MissingGradient = v })),
    ];

    /// <summary>A share below 1 that may change over the run: a momentum, a beta.</summary>
    public static OptionKey Decay(string name, string help, Func<TOptions, Schedule> get, Func<TOptions, Schedule, TOptions> set) =>
        new ScheduleKey(name, BelowOne, help, get, set, 1);

    /// <summary>A share below 1.</summary>
    public static OptionKey Decay(string name, string help, Func<TOptions, double> get, Func<TOptions, double, TOptions> set) =>
        Number(name, BelowOne, help, static value => value is >= 0 and < 1, get, set);

    /// <summary>A number.</summary>
    public static OptionKey Number(string name, string rule, string help, Func<double, bool> accepts, Func<TOptions, double> get, Func<TOptions, double, TOptions> set) =>
        Custom(name, rule, help, o => JsonValue.Create(get(o)), (o, value, number) => number is { } v && accepts(v) ? (set(o, v), "") : (null, ""));

    /// <summary>A whole number.</summary>
    public static OptionKey Whole(string name, int least, int most, string help, Func<TOptions, int> get, Func<TOptions, int, TOptions> set) =>
        Custom(name, $"a whole number from {least} to {most}", help, o => JsonValue.Create(get(o)),
            (o, value, number) => number is { } v && v >= least && v <= most && v == Math.Truncate(v) ? (set(o, (int)v), "") : (null, ""));

    /// <summary>True or false.</summary>
    public static OptionKey Flag(string name, string help, Func<TOptions, bool> get, Func<TOptions, bool, TOptions> set) =>
        Custom(name, "true or false", help, o => JsonValue.Create(get(o)), (o, value, _) => value?.GetValueKind() switch
        {
            JsonValueKind.True => (set(o, true), ""),
            JsonValueKind.False => (set(o, false), ""),
            _ => (null, ""),
        });

    /// <summary>One of several words.</summary>
    public static OptionKey Choice<T>(string name, string help, IReadOnlyDictionary<string, T> words, Func<TOptions, T> get, Func<TOptions, T, TOptions> set) =>
        new WordKey<T>(name, $"one of {string.Join(", ", words.Keys)}", help, words, get, (o, v) => (set(o, v), ""));

    /// <summary>One of several words, with a rule of its own for what it becomes.</summary>
    public static OptionKey Choice<T>(string name, string help, IReadOnlyDictionary<string, T> words, Func<TOptions, T> get, Func<TOptions, T, (OptimizerOptions?, string)> set) =>
        new WordKey<T>(name, $"one of {string.Join(", ", words.Keys)}", help, words, get, set);

    /// <summary>One of several words, which recorded runs understand as something that depends on the other options.</summary>
    public static OptionKey Choice<T>(string name, string help, IReadOnlyDictionary<string, T> words, Func<TOptions, T> get, Func<TOptions, T, TOptions> set, Func<TOptions, T, TOptions> inTraces) =>
        new WordKey<T>(name, $"one of {string.Join(", ", words.Keys)}", help, words, get, (o, v) => (set(o, v), "")) { InTraces = Choice(name, help, words, get, inTraces) };

    /// <summary>Anything else; a number comes ready.</summary>
    public static OptionKey Custom(string name, string rule, string help, Func<TOptions, JsonNode?> read, Func<TOptions, JsonNode?, double?, (OptimizerOptions?, string)> apply, IEnumerable<string>? words = null) =>
        new ValueKey(name, rule, help, read, apply, [.. words ?? []]);

    private sealed class ValueKey(string name, string rule, string help, Func<TOptions, JsonNode?> read, Func<TOptions, JsonNode?, double?, (OptimizerOptions?, string)> apply, ImmutableArray<string> words)
        : OptionKey(name, rule, help)
    {
        public override ImmutableArray<string> Choices => words;

        public override JsonNode? Read(OptimizerOptions options) => read((TOptions)options);

        private protected override (OptimizerOptions? Changed, string Problem) Apply(OptimizerOptions options, JsonNode? value) =>
            apply((TOptions)options, value, NumberOf(value));
    }

    private sealed class WordKey<T>(
        string name, string rule, string help, IReadOnlyDictionary<string, T> words, Func<TOptions, T> get, Func<TOptions, T, (OptimizerOptions?, string)> set)
        : OptionKey(name, rule, help)
    {
        public override ImmutableArray<string> Choices => [.. words.Keys];

        /// <inheritdoc/>
        /// <remarks>Null where the options have something that has no name.</remarks>
        public override JsonNode? Read(OptimizerOptions options)
        {
            T value = get((TOptions)options);
            return words.FirstOrDefault(word => EqualityComparer<T>.Default.Equals(word.Value, value)).Key is { } known ? JsonValue.Create(known) : null;
        }

        private protected override (OptimizerOptions? Changed, string Problem) Apply(OptimizerOptions options, JsonNode? value) =>
            Word(value) is { } word && words.TryGetValue(word, out T? known) ? set((TOptions)options, known) : (null, "");
    }

    private sealed class ScheduleKey(string name, string rule, string help, Func<TOptions, Schedule> get, Func<TOptions, Schedule, TOptions> set, double below)
        : OptionKey(name, rule, help)
    {
        public override bool IsSchedule => true;

        public override JsonNode? Read(OptimizerOptions options) => get((TOptions)options) is ListSchedule { Values: { IsDefaultOrEmpty: false } values }
            ? new JsonArray([.. values.Select(static value => (JsonNode)JsonValue.Create(value))])
            : JsonValue.Create(get((TOptions)options).Range.Greatest);

        public override Schedule? Schedule(OptimizerOptions options) => get((TOptions)options);

        public override OptimizerOptions WithSchedule(OptimizerOptions options, Schedule schedule) => set((TOptions)options, schedule);

        private protected override (OptimizerOptions? Changed, string Problem) Apply(OptimizerOptions options, JsonNode? value)
        {
            double?[] numbers = value is JsonArray list ? [.. list.Select(NumberOf)] : [NumberOf(value)];
            return numbers.Length == 0 || !Array.TrueForAll(numbers, number => number >= 0 && number < below) ? (null, "")
                : value is JsonArray ? (set((TOptions)options, new ListSchedule([.. numbers.Select(static number => number!.Value)])), "")
                : (set((TOptions)options, numbers[0]!.Value), "");
        }
    }
}

/// <summary>The words for options that are values of an enumeration.</summary>
internal static class OptionWords
{
    public static IReadOnlyDictionary<string, MissingGradient> MissingGradients { get; } = new Dictionary<string, MissingGradient>(StringComparer.Ordinal)
    {
        ["skip"] = MissingGradient.Skip,
        ["zero"] = MissingGradient.Zero,
        ["zero-without-decay"] = MissingGradient.ZeroWithoutDecay,
    };
}
