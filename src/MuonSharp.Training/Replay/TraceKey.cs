using System.Text.Json;
using MuonSharp.Formats;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>A key that belongs to one optimizer, and what it does to its options.</summary>
/// <param name="Name">The key.</param>
/// <param name="Apply">The options with the key's value in them; refuses a value that breaks the key's rule.</param>
internal sealed record TraceKey<TOptions>(string Name, Func<TOptions, TraceValue, TOptions> Apply)
    where TOptions : OptimizerOptions;

/// <summary>A value of a recorded run's configuration, with its place in it: every way of reading it refuses what it cannot be.</summary>
/// <param name="path">The file.</param>
/// <param name="place">Where in the configuration, such as <c>groups[0].momentum</c>.</param>
/// <param name="element">The value.</param>
/// <param name="steps">Steps of the run: what a list must have.</param>
internal readonly struct TraceValue(string path, string place, JsonElement element, int steps)
{
    /// <summary>Whether it is a list.</summary>
    public bool IsList => element.ValueKind == JsonValueKind.Array;

    /// <summary>A number, finite.</summary>
    public double Number() => Finite(element) ?? throw Wrong("must be a number");

    /// <summary>A number, or a list of one number a step.</summary>
    public Schedule Schedule()
    {
        if (element.ValueKind != JsonValueKind.Array)
        {
            return Finite(element) ?? throw Wrong("must be a number or a list of numbers, one a step");
        }

        double?[] values = [.. element.EnumerateArray().Select(Finite)];
        return values.Length == steps && Array.TrueForAll(values, value => value is not null)
            ? new ListSchedule([.. values.Select(value => value!.Value)])
            : throw Wrong($"must be a number or a list of {steps} numbers, one a step", values.Length == steps ? null : $"a list of {values.Length}");
    }

    /// <summary>A whole number that is not too small.</summary>
    public int Whole(int least) => element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int value) && value >= least
        ? value
        : throw Wrong($"must be a whole number of {least} or more");

    /// <summary>True or false.</summary>
    public bool Flag() => element.ValueKind is JsonValueKind.True or JsonValueKind.False ? element.GetBoolean() : throw Wrong("must be true or false");

    /// <summary>Text that is not empty.</summary>
    public string Text() => element.ValueKind == JsonValueKind.String && element.GetString() is { Length: > 0 } text ? text : throw Wrong("must be text");

    /// <summary>What a name stands for.</summary>
    public T Choice<T>(IReadOnlyDictionary<string, T> choices)
    {
        string name = Text();
        return choices.TryGetValue(name, out T? value) ? value : throw Error(TraceFormat.UnknownName("value", name, choices.Keys));
    }

    /// <summary>The items of a list, as values of a run of that many steps.</summary>
    public IReadOnlyList<TraceValue> Items(int stepsOfRun)
    {
        (string file, string at) = (path, place);
        return element.ValueKind == JsonValueKind.Array
            ? [.. element.EnumerateArray().Select((item, index) => new TraceValue(file, $"{at}[{index}]", item, stepsOfRun))]
            : throw Wrong("must be a list");
    }

    /// <summary>The members of an object by name.</summary>
    public IReadOnlyDictionary<string, TraceValue> Members(int stepsOfRun)
    {
        (string file, string at) = (path, place);
        return element.ValueKind == JsonValueKind.Object
            ? element.EnumerateObject().ToDictionary(
                member => member.Name, member => new TraceValue(file, $"{at}.{member.Name}", member.Value, stepsOfRun), StringComparer.Ordinal)
            : throw Wrong("must be an object");
    }

    /// <summary>The members of an object by name, in a run of as many steps as this value's.</summary>
    public IReadOnlyDictionary<string, TraceValue> Members() => Members(steps);

    /// <summary>The items of a list, in a run of as many steps as this value's.</summary>
    public IReadOnlyList<TraceValue> Items() => Items(steps);

    /// <summary>A member that must be there.</summary>
    public TraceValue Member(IReadOnlyDictionary<string, TraceValue> members, string key) =>
        members.TryGetValue(key, out TraceValue value) ? value : throw Error($"the key '{key}' must be there; it is missing");

    /// <summary>Refuses the file unless a rule holds.</summary>
    public void Require(bool rule, string problem)
    {
        if (!rule)
        {
            throw Error(problem);
        }
    }

    /// <summary>The exception for a problem at this place.</summary>
    public InvalidFileException Error(string problem) => new(TraceFormat.Operation, path, $"{place}: {problem}");

    private InvalidFileException Wrong(string rule, string? came = null) => Error($"{rule}; {came ?? Shorten(element.GetRawText())} came");

    private static double? Finite(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number) ? number : null;

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..57] + "...";
}
