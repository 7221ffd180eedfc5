using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>Records what a mixture of experts is made of: the choice of experts, rows sorted by expert, products by expert, and the weighted sum.</summary>
public static class ExpertRecording
{
    /// <summary>Most experts of one choice.</summary>
    public const int MaximumExperts = 4096;

    /// <summary>Rows times active experts up to which numbers are exact.</summary>
    private const int MaximumPlaces = 1 << 24;

    /// <summary>Chooses the experts of each row by its logits, and weighs them.</summary>
    /// <remarks>Gradients go through the weights to the logits of the chosen experts (with softmax, to all); the choice itself has none.</remarks>
    /// <param name="tape">The tape.</param>
    /// <param name="logits">[rows, experts].</param>
    /// <param name="options">How to choose and to weigh.</param>
    /// <param name="bias">Added to the scores for the choice alone, one by expert; empty (default) for none. Read at every run, not trained.</param>
    /// <param name="load">Counts the rows that each expert gets in forward runs of training tapes; null for no count.</param>
    /// <returns>The choice.</returns>
    /// <exception cref="ArgumentException">The options do not fit the experts.</exception>
    public static ExpertChoice ChooseExperts(this Tape tape, Tensor logits, RoutingOptions options, MemoryBlock bias = default, ExpertLoad? load = null)
    {
        options.Check(logits.Columns);
        Rule.Check(bias.IsEmpty || bias.Length == logits.Columns, $"[experts] there is a bias for each expert or none; {bias.Length}, {logits}");
        Rule.Check(load is null || load.Experts == logits.Columns, $"[experts] loads are counted by expert; {load?.Experts} counts, {logits}");
        Rule.Check((long)logits.Rows * options.Active <= MaximumPlaces, $"[experts] rows times active experts are at most {MaximumPlaces}; {logits}, {options.Active} active");
        return tape.Record(new ExpertChoiceOperation(logits, options, bias, load)).Choice;
    }

    /// <summary>Copies each row to where its experts look for it: rows of the first expert, then those of the second, ...</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">[rows, columns].</param>
    /// <param name="choice">The experts of each row.</param>
    /// <returns>[rows·active, columns], sorted by expert; of equal experts by row.</returns>
    /// <exception cref="ArgumentException">The choice is that of other rows.</exception>
    public static Tensor RowsByExpert(this Tape tape, Tensor x, ExpertChoice choice)
    {
        Rule.Check(x.Rows == choice.Weights.Rows, $"[experts] the choice is that of the rows; {x}, {choice.Weights.Rows} were chosen for");
        return tape.Record(new RowsByExpertOperation(x, choice)).Output;
    }

    /// <summary>y = x W_eᵀ for the rows of each expert e.</summary>
    /// <remarks>A parameter is told which of its experts had rows (<see cref="Optimizers.Parameter.SetGradientOf"/>): one without is not stepped.</remarks>
    /// <param name="tape">The tape.</param>
    /// <param name="x">[rows·active, inputs], sorted by expert (<see cref="RowsByExpert"/>).</param>
    /// <param name="weights">A matrix [outputs, inputs] for each expert: [experts, outputs·inputs] as a parameter [experts, outputs, inputs] is seen by a tape.</param>
    /// <param name="choice">The experts of each row.</param>
    /// <returns>[rows·active, outputs].</returns>
    /// <exception cref="ArgumentException">The shapes do not fit, or the weights are stored [in, out].</exception>
    public static Tensor LinearByExpert(this Tape tape, Tensor x, Tensor weights, ExpertChoice choice)
    {
        Rule.Check(x.Rows == choice.Places.Length, $"[experts] rows are sorted by expert; {x}, {choice.Places.Length} places");
        Rule.Check(
            weights.Rows == choice.Experts && weights.Columns % x.Columns == 0,
            $"[experts] there is a matrix [outputs, {x.Columns}] for each of {choice.Experts} experts; {weights}");
        Rule.Check(
            weights.Parameter is not { } parameter || (parameter.Layout.SplitsExperts && parameter.Layout.Orientation == MatrixOrientation.OutIn && parameter.Shape[0] == choice.Experts),
            $"[experts] a stack of experts has the layout OutIn.PerExpert(); {weights.Parameter}");
        return tape.Record(new LinearByExpertOperation(x, weights, choice)).Output;
    }

    /// <summary>y = [residual +] the sum of what each row's experts made of it, each times its weight.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="x">[rows·active, columns], sorted by expert.</param>
    /// <param name="choice">The experts of each row.</param>
    /// <param name="residual">[rows, columns]; null for none.</param>
    /// <returns>[rows, columns].</returns>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static Tensor SumOfExperts(this Tape tape, Tensor x, ExpertChoice choice, Tensor? residual = null)
    {
        Rule.Check(
            x.Rows == choice.Places.Length && (residual is null || (residual.Rows == choice.Places.Rows && residual.Columns == x.Columns)),
            $"[experts] rows are sorted by expert, the residual is not; {x}, residual {residual}, places {choice.Places}");
        return tape.Record(new SumOfExpertsOperation(x, choice, residual)).Output;
    }
}

/// <summary>Which experts work on which rows: numbers as floats, exact, known once the forward run has passed.</summary>
public sealed record ExpertChoice
{
    internal ExpertChoice(Tensor weights, Tensor chosen, Tensor places, Tensor starts) => (Weights, Chosen, Places, Starts) = (weights, chosen, places, starts);

    /// <summary>The weight of each of a row's experts, [rows, active]; what gradients go through.</summary>
    public Tensor Weights { get; }

    /// <summary>The number of each of a row's experts, the best first, [rows, active].</summary>
    public Tensor Chosen { get; }

    /// <summary>Where each of a row's experts looks for it among the rows sorted by expert, [rows, active].</summary>
    public Tensor Places { get; }

    /// <summary>The first sorted row of each expert, and behind the last one the number of all, [1, experts + 1].</summary>
    public Tensor Starts { get; }

    /// <summary>Experts to choose from.</summary>
    public int Experts => Starts.Columns - 1;

    /// <summary>Experts of a row.</summary>
    public int Active => Weights.Columns;

    /// <summary>Copies the starts as whole numbers.</summary>
    internal unsafe void ReadStarts(Span<int> starts)
    {
        for (int i = 0; i < starts.Length; i++)
        {
            starts[i] = (int)Starts.Data[i];
        }
    }
}

/// <summary>How a router turns logits into scores.</summary>
public enum RouterScoring
{
    /// <summary>Each expert by itself, 1/(1 + e^-z): DeepSeek-V3.</summary>
    Sigmoid,

    /// <summary>All experts together, e^z over its sum: Mixtral, Qwen3-MoE.</summary>
    Softmax,
}

/// <summary>How experts are chosen and weighed.</summary>
/// <remarks>Score s = sigmoid or softmax of the logits. The choice is by s + bias: the <see cref="ActiveGroups"/> groups whose two best sum highest, in them the <see cref="Active"/>
/// best experts; of equals the one with the lower number. Weights are the scores without the bias, over their sum if <see cref="Normalize"/>, times <see cref="Scale"/>.
/// Source: DeepSeek-AI, "DeepSeek-V3 technical report", arXiv:2412.19437, section 2.1.2.</remarks>
public sealed record RoutingOptions
{
    /// <summary>Experts of a row (<c>num_experts_per_tok</c>), 1 or more.</summary>
    public required int Active { get; init; }

    /// <summary>Groups of neighbouring experts that are chosen first (<c>n_group</c>), a divisor of the experts. Default 1.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>Groups that a row's experts come from (<c>topk_group</c>). Default 1.</summary>
    public int ActiveGroups { get; init; } = 1;

    /// <summary>How logits become scores. Default sigmoid.</summary>
    public RouterScoring Scoring { get; init; } = RouterScoring.Sigmoid;

    /// <summary>Whether a row's weights are divided by their sum (<c>norm_topk_prob</c>). Default true.</summary>
    public bool Normalize { get; init; } = true;

    /// <summary>Factor of the weights (<c>routed_scaling_factor</c>). Default 1.</summary>
    public float Scale { get; init; } = 1;

    internal void Check(int experts)
    {
        Rule.Check(experts <= ExpertRecording.MaximumExperts, $"[experts] at most {ExpertRecording.MaximumExperts} are chosen from; {experts}");
        Rule.Check(
            Groups >= 1 && experts % Groups == 0 && ActiveGroups >= 1 && ActiveGroups <= Groups,
            $"[experts] groups divide the experts, and some of them are active; {experts} experts, {Groups} groups, {ActiveGroups} active");
        Rule.Check(
            Active >= 1 && Active <= experts / Groups * ActiveGroups,
            $"[experts] a row has 1 expert or more, no more than its groups hold; {Active} active of {experts / Groups * ActiveGroups}");
        Rule.Check(float.IsFinite(Scale), $"[experts] the weights' factor is finite; {Scale}");
    }
}

/// <summary>How many rows each expert has had in training since the last <see cref="Clear"/>.</summary>
/// <param name="experts">Number of experts.</param>
public sealed class ExpertLoad(int experts)
{
    private readonly long[] _counts = new long[experts];

    /// <summary>Number of experts.</summary>
    public int Experts => _counts.Length;

    /// <summary>Rows by expert.</summary>
    public ReadOnlySpan<long> Counts => _counts;

    internal Memory<long> Memory => _counts;

    /// <summary>Forgets them.</summary>
    public void Clear() => Array.Clear(_counts);

    internal void Add(int expert, int rows) => _counts[expert] += rows;
}
