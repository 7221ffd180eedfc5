using System.Globalization;
using System.Text.Json.Nodes;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>The best evaluation of a run so far.</summary>
/// <param name="Step">Steps that had been done.</param>
/// <param name="Number">The number that decides.</param>
public sealed record BestEvaluation(long Step, EvaluationNumber Number)
{
    private const double ClearlyWorse = 0.01;

    /// <summary>Whether another evaluation is worse by more than a hundredth of this one's number: less than that may be chance.</summary>
    /// <param name="other">The other evaluation's deciding number.</param>
    public bool IsClearlyBetterThan(EvaluationNumber other) =>
        Number.IsBetterThan(other.Value) && !(Math.Abs(Number.Value - other.Value) <= ClearlyWorse * Math.Abs(Number.Value));

    /// <summary>The evaluation as messages have it: <c>held-out loss 4.3412 after step 100</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number.Title} {Number.Value:0.####} after step {Step}");
}

/// <summary>What a run remembers of its evaluations besides the last one: which was the best, and for how long it has been going downhill.</summary>
internal sealed class EvaluationCourse
{
    private const string BestKey = "best";
    private const string WorseKey = "worse_in_a_row";
    private const string SinceKey = "evaluations_since_best";

    /// <summary>The best evaluation; null before the first whose number is finite.</summary>
    public BestEvaluation? Best { get; private set; }

    /// <summary>How many evaluations in a row, the last one counted, were each worse than the one before.</summary>
    public int WorseInARow { get; private set; }

    /// <summary>How many evaluations there have been after the best.</summary>
    public int SinceBest { get; private set; }

    /// <summary>Takes an evaluation.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="number">The number that decides.</param>
    /// <param name="previous">That of the evaluation before; null for the first.</param>
    public void Add(long step, EvaluationNumber number, EvaluationNumber? previous)
    {
        WorseInARow = previous is { } before && before.IsBetterThan(number.Value) ? WorseInARow + 1 : 0;
        if (number.IsBetterThan(Best?.Number.Value ?? double.NaN))
        {
            (Best, SinceBest) = (new BestEvaluation(step, number), 0);
        }
        else
        {
            SinceBest++;
        }
    }

    /// <summary>Writes it into a checkpoint's state.</summary>
    public void WriteTo(JsonObject state)
    {
        state[BestKey] = Best is { } best ? new JsonObject
        {
            ["step"] = best.Step,
            ["name"] = best.Number.Name,
            ["value"] = best.Number.Value,
            ["higher_is_better"] = best.Number.HigherIsBetter,
        } : null;
        state[WorseKey] = WorseInARow;
        state[SinceKey] = SinceBest;
    }

    /// <summary>Reads it from a checkpoint's state. One of an earlier version says nothing of it: the last evaluation is the best that is known then.</summary>
    /// <param name="state">The state.</param>
    /// <param name="last">The last evaluation.</param>
    /// <param name="step">Its step.</param>
    public static EvaluationCourse Read(JsonEntry state, Evaluation? last, long step)
    {
        EvaluationCourse course = new()
        {
            Best = ReadBest(state),
            WorseInARow = state.Find(WorseKey)?.Integer(0) ?? 0,
            SinceBest = state.Find(SinceKey)?.Integer(0) ?? 0,
        };
        if (course.Best is null && last is not null)
        {
            course.Add(step, last.Decisive, previous: null);
        }

        return course;
    }

    /// <summary>The best evaluation that a checkpoint's state knows of; null for none.</summary>
    public static BestEvaluation? ReadBest(JsonEntry state) => state.Find(BestKey) is { } best
        ? new BestEvaluation(best["step"].WholeNumber(0), new EvaluationNumber(best["name"].TextNotEmpty(), best["value"].Number(), best["higher_is_better"].Boolean()))
        : null;
}
