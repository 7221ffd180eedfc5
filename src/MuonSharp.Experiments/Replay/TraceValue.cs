using System.Text.Json;
using System.Text.Json.Nodes;
using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Experiments;

/// <summary>A value of a recorded run's configuration: every way of reading it refuses what it cannot be.</summary>
/// <param name="entry">The value, with its place.</param>
/// <param name="steps">Steps of the run: what a list must have.</param>
internal readonly struct TraceValue(JsonEntry entry, int steps)
{
    /// <summary>The value itself, to be judged by an optimizer's key.</summary>
    public JsonNode? Node() => entry.ToNode();

    /// <summary>The nearest of some words, as the end of a message; empty where the value is no word or near none.</summary>
    public string Hint(IReadOnlyList<string> words) =>
        entry.TryText(out string text) && NearestName.Of(text, words) is { } nearest ? $"; did you mean '{nearest}'?" : string.Empty;

    /// <summary>Refuses a list that does not say one number a step where a list means that.</summary>
    public void RequireOneAStep(bool isSchedule) => Require(
        !isSchedule || entry.Kind != JsonValueKind.Array || entry.Count == steps, $"must be a number or a list of {steps} numbers, one a step; a list of {entry.Count} came");

    /// <summary>A whole number that is not too small.</summary>
    public int Whole(int least) => entry.Integer(least);

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
