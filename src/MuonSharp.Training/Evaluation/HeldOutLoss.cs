using MuonSharp.Nn;

namespace MuonSharp.Training;

/// <summary>The loss of a model on a whole text.</summary>
/// <remarks>
/// Tokens 1 to n - 1 are each predicted once, in windows of the context's length that do not overlap; the shorter last
/// window counts too. Windows are computed in batches, the shorter one by itself; sums are in double, in the order of the text.
/// </remarks>
internal sealed class HeldOutLoss
{
    private const int Ignored = -1;
    private const int NumbersOfPart = 2;

    private readonly LanguageModel _model;
    private readonly ITokenizer? _tokenizer;
    private readonly ITokenSource _tokens;
    private readonly long _predicted;
    private readonly long _windows;
    private readonly int _batch;
    private readonly int[] _read;

    /// <summary>What there is to measure.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">The tokenizer of the tokens, which knows their bytes; null: none.</param>
    /// <param name="tokens">The text; at least 2 tokens.</param>
    /// <param name="batch">Windows computed at once.</param>
    public HeldOutLoss(LanguageModel model, ITokenizer? tokenizer, ITokenSource tokens, int batch)
    {
        int context = model.Config.Context;
        (_model, _tokenizer, _tokens, _predicted) = (model, tokenizer, tokens, tokens.Length - 1);
        _windows = _predicted / context;
        _batch = (int)Math.Min(batch, Math.Max(_windows, 1));
        _read = new int[Math.Min((long)_batch * context, _predicted) + 1];
        long batches = (_windows + _batch - 1) / _batch;
        Parts = new(checked((int)batches) + (Rest > 0 ? 1 : 0), NumbersOfPart, Compute, numbers => Result(numbers).ToEvaluation());
    }

    /// <summary>A part is a batch of windows, or the shorter last one: the sum of its losses, and its bytes.</summary>
    public EvaluationParts Parts { get; }

    private int Rest => (int)(_predicted % _model.Config.Context);

    /// <summary>Measures the loss.</summary>
    public EvaluationResult Measure()
    {
        double[] numbers = Parts.NewNumbers();
        Parts.Compute(0, Parts.Count, numbers, CancellationToken.None);
        return Result(numbers);
    }

    private EvaluationResult Result(ReadOnlySpan<double> numbers)
    {
        double sum = 0, bytes = 0;
        for (int at = 0; at < numbers.Length; at += NumbersOfPart)
        {
            sum += numbers[at];
            bytes += numbers[at + 1];
        }

        return new EvaluationResult(sum / _predicted, _predicted, (long)bytes);
    }

    private void Compute(int part, Span<double> numbers, CancellationToken cancellation)
    {
        int context = _model.Config.Context;
        long window = (long)part * _batch;
        bool isWhole = window < _windows;
        LanguageProgram program = isWhole ? _model.Program(_batch, context, training: false) : _model.Program(1, Rest, training: false);
        Span<int> read = _read.AsSpan(0, (isWhole ? (int)Math.Min(_batch, _windows - window) * context : Rest) + 1);
        _tokens.Read(Math.Min(window, _windows) * context, read);
        read[..^1].CopyTo(program.Inputs);
        read[1..].CopyTo(program.Targets);
        program.Targets[(read.Length - 1)..].Fill(Ignored);
        program.Forward();
        (numbers[0], numbers[1]) = (program.LossSum, _tokenizer?.CountBytes(read[1..]) ?? 0);
    }
}
