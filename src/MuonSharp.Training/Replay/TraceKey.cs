using System.Text.Json;
using MuonSharp.Formats;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>A key that belongs to one optimizer, and what it does to its options.</summary>
/// <param name="Name">The key.</param>
/// <param name="Apply">The options with the key's value in them; refuses a value that breaks the key's rule.</param>
internal sealed record TraceKey<TOptions>(string Name, Func<TOptions, TraceValue, TOptions> Apply)
    where TOptions : OptimizerOptions;

/// <summary>A value of a recorded run's configuration: every way of reading it refuses what it cannot be.</summary>
/// <param name="entry">The value, with its place.</param>
/// <param name="steps">Steps of the run: what a list must have.</param>
internal readonly struct TraceValue(JsonEntry entry, int steps)
{
    /// <summary>Whether it is a list.</summary>
    public bool IsList => entry.Kind == JsonValueKind.Array;

    /// <summary>A number, finite.</summary>
    public double Number() => entry.Number();

    /// <summary>A number, or a list of one number a step.</summary>
    public Schedule Schedule()
    {
        if (!IsList)
        {
            return entry.TryNumber(out double number) ? number : throw entry.Wrong("a number or a list of numbers, one a step");
        }

        return entry.Count == steps
            ? new ListSchedule([.. entry.Items().Select(item => item.Number())])
            : throw entry.Wrong($"a number or a list of {steps} numbers, one a step");
    }

    /// <summary>A whole number that is not too small.</summary>
    public int Whole(int least) => entry.Integer(least);

    /// <summary>True or false.</summary>
    public bool Flag() => entry.Boolean();

    /// <summary>Text that is not empty.</summary>
    public string Text() => entry.TextNotEmpty();

    /// <summary>What a name stands for.</summary>
    public T Choice<T>(IReadOnlyDictionary<string, T> choices)
    {
        string name = Text();
        return choices.TryGetValue(name, out T? value) ? value : throw Error(TraceFormat.UnknownName("value", name, choices.Keys));
    }

    /// <summary>The items of a list, as values of a run of that many steps.</summary>
    public IReadOnlyList<TraceValue> Items(int stepsOfRun) => [.. entry.Items().Select(item => new TraceValue(item, stepsOfRun))];

    /// <summary>The items of a list, in a run of as many steps as this value's.</summary>
    public IReadOnlyList<TraceValue> Items() => Items(steps);

    /// <summary>The members of an object by name.</summary>
    public IReadOnlyDictionary<string, TraceValue> Members()
    {
        int stepsOfRun = steps;
        return entry.Members().ToDictionary(member => member.Name, member => new TraceValue(member, stepsOfRun), StringComparer.Ordinal);
    }

    /// <summary>A member that must be there: reading one that is not says so.</summary>
    public TraceValue Member(string key) => new(entry[key], steps);

    /// <summary>Refuses the file unless a rule holds.</summary>
    public void Require(bool rule, string problem)
    {
        if (!rule)
        {
            throw Error(problem);
        }
    }

    /// <summary>The exception for a problem at this place.</summary>
    public InvalidFileException Error(string problem) => entry.Broken($"{entry.Place}: {problem}");
}
