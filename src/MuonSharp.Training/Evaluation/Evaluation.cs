using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>How well a model does on data that it was not trained on: named numbers, of which the first decides.</summary>
public sealed class Evaluation
{
    /// <summary>An evaluation of some numbers.</summary>
    /// <param name="numbers">One or more, with different names.</param>
    /// <exception cref="ArgumentException">There is none, or two have one name.</exception>
    public Evaluation(params ImmutableArray<EvaluationNumber> numbers)
    {
        if (numbers.IsDefaultOrEmpty || numbers.Select(number => number.Name).Distinct(StringComparer.Ordinal).Count() != numbers.Length)
        {
            string came = numbers.IsDefaultOrEmpty ? "none" : string.Join(", ", numbers.Select(number => number.Name));
            throw new ArgumentException($"[evaluation] it has one number or more, each with a name of its own; {came} came");
        }

        Numbers = numbers;
    }

    /// <summary>The numbers, the one that decides first.</summary>
    public ImmutableArray<EvaluationNumber> Numbers { get; }

    /// <summary>The number that decides: of two models the one with the better is the better model.</summary>
    public EvaluationNumber Decisive => Numbers[0];

    /// <summary>A number by its name; null if there is none of that name.</summary>
    /// <param name="name">The name.</param>
    public double? this[string name]
    {
        get
        {
            foreach (EvaluationNumber number in Numbers)
            {
                if (number.Name == name)
                {
                    return number.Value;
                }
            }

            return null;
        }
    }

    /// <summary>The numbers by name, such as <c>val_loss 1.25, accuracy 0.9</c>.</summary>
    public override string ToString() => string.Join(", ", Numbers.Select(number => FormattableString.Invariant($"{number.Name} {number.Value:0.######}")));

    /// <summary>The evaluation as a checkpoint keeps it. JSON has no word for a NaN or an infinity: null stands for it.</summary>
    internal JsonArray ToJson() => [.. Numbers.Select(JsonNode (number) => new JsonObject
    {
        ["name"] = number.Name,
        ["value"] = double.IsFinite(number.Value) ? number.Value : null,
        ["higher_is_better"] = number.HigherIsBetter,
    })];

    /// <summary>What <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="InvalidFileException">It wrote something else.</exception>
    internal static Evaluation FromJson(JsonEntry json)
    {
        try
        {
            return new([.. json.Items(1).Select(number => new EvaluationNumber(
                number["name"].TextNotEmpty(), number.Find("value")?.Number() ?? double.NaN, number["higher_is_better"].Boolean()))]);
        }
        catch (ArgumentException error)
        {
            throw json.Broken(error.Message);
        }
    }
}

/// <summary>One number of an <see cref="Evaluation"/>.</summary>
/// <param name="Name">Its name in lower case with underscores: a key of the <c>eval</c> lines in <c>metrics.jsonl</c>.</param>
/// <param name="Value">The number.</param>
/// <param name="HigherIsBetter">Whether a greater one is better; a loss is better when it is lower.</param>
public readonly record struct EvaluationNumber(string Name, double Value, bool HigherIsBetter = false)
{
    /// <summary>What people call it: <c>held-out loss</c> for <c>val_loss</c>, else its name.</summary>
    internal string Title => Name == "val_loss" ? "held-out loss" : Name;

    /// <summary>Whether it is better than another value of its kind; a number that is not finite is worse than any that is.</summary>
    /// <param name="value">The other value.</param>
    public bool IsBetterThan(double value) => double.IsFinite(Value) && (!double.IsFinite(value) || (HigherIsBetter ? Value > value : Value < value));
}
