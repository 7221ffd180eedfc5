using MuonSharp.Nn;

namespace MuonSharp.Training;

/// <summary>What a network is trained for: a loss between its output and the targets, and whether an output is right or wrong.</summary>
/// <remarks>One of your own: <see cref="OfNumbers"/>, <see cref="OfClasses"/>.</remarks>
public sealed class Objective
{
    private readonly Func<Tape, Tensor, Tensor, Loss>? _ofNumbers;
    private readonly Func<Tape, Tensor, TokenBuffer, Loss>? _ofClasses;

    private Objective(
        string kind, string name, Func<Tape, Tensor, Tensor, Loss>? ofNumbers, Func<Tape, Tensor, TokenBuffer, Loss>? ofClasses, bool countsRight) =>
        (Kind, Name, _ofNumbers, _ofClasses, CountsRight) = (kind, name, ofNumbers, ofClasses, countsRight);

    /// <summary>Mean of (y - t)²: <see cref="PointwiseLossRecording.MeanSquaredError"/>.</summary>
    public static Objective MeanSquaredError { get; } = new("regression", "mean-squared-error", PointwiseLossRecording.MeanSquaredError, null, countsRight: false);

    /// <summary>Mean of |y - t|: <see cref="PointwiseLossRecording.MeanAbsoluteError"/>.</summary>
    public static Objective MeanAbsoluteError { get; } = new("regression", "mean-absolute-error", PointwiseLossRecording.MeanAbsoluteError, null, countsRight: false);

    /// <summary>Binary cross-entropy of logits against targets of 0 and 1; an output is right where its sign says the target.</summary>
    public static Objective BinaryCrossEntropy { get; } = new("binary", "binary-cross-entropy", PointwiseLossRecording.BinaryCrossEntropy, null, countsRight: true);

    /// <summary>One word for the task: <c>regression</c>, <c>binary</c>, <c>classification</c>, or a name of your own.</summary>
    public string Kind { get; }

    /// <summary>The loss with its numbers, such as <c>huber 1</c>: a run can only be resumed with the same one.</summary>
    public string Name { get; }

    /// <summary>Whether the targets are classes.</summary>
    public bool NeedsClasses => _ofClasses is not null;

    /// <summary>Whether an evaluation says the share of right answers, <c>accuracy</c>.</summary>
    public bool CountsRight { get; }

    /// <summary>Huber's loss: <see cref="PointwiseLossRecording.Huber"/>.</summary>
    /// <param name="delta">Where the square ends, above 0.</param>
    public static Objective Huber(double delta = 1) => new("regression", FormattableString.Invariant($"huber {delta}"), (tape, y, target) => tape.Huber(y, target, delta), null, countsRight: false);

    /// <summary>Cross-entropy of logits against classes; the greatest logit is the answer.</summary>
    /// <param name="labelSmoothing">Share of the target that is spread over all classes, in [0, 1). An evaluation has none.</param>
    public static Objective CrossEntropy(double labelSmoothing = 0) => new(
        "classification", FormattableString.Invariant($"cross-entropy {labelSmoothing}"), null, (tape, y, classes) => tape.CrossEntropy(y, classes, tape.Training ? labelSmoothing : 0), countsRight: true);

    /// <summary>A loss of your own against numbers.</summary>
    /// <param name="kind">One word for the task; another loss has another word.</param>
    /// <param name="loss">Records the loss of an output [rows, columns] against its targets.</param>
    public static Objective OfNumbers(string kind, Func<Tape, Tensor, Tensor, Loss> loss) => new(kind, kind, loss, null, countsRight: false);

    /// <summary>A loss of your own against classes; the greatest output is the answer.</summary>
    /// <param name="kind">One word for the task; another loss has another word.</param>
    /// <param name="loss">Records the loss of an output [rows, classes] against the rows' classes.</param>
    public static Objective OfClasses(string kind, Func<Tape, Tensor, TokenBuffer, Loss> loss) => new(kind, kind, null, loss, countsRight: true);

    internal Loss Record(Tape tape, Tensor output, Tensor target) => _ofNumbers!(tape, output, target);

    internal Loss Record(Tape tape, Tensor output, TokenBuffer classes) => _ofClasses!(tape, output, classes);
}
