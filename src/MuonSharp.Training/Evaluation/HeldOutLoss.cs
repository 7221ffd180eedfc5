using MuonSharp.Nn;

namespace MuonSharp.Training;

/// <summary>The loss of a model on a whole text.</summary>
/// <remarks>
/// Tokens 1 to n - 1 are each predicted once, in windows of the context's length that do not overlap; the shorter last
/// window counts too. Windows are computed in batches; sums are in double, in the order of the text.
/// </remarks>
internal static class HeldOutLoss
{
    private const int Ignored = -1;

    /// <summary>Measures the loss.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">The tokenizer of the tokens, which knows their bytes.</param>
    /// <param name="tokens">The text; at least 2 tokens.</param>
    /// <param name="batch">Windows computed at once.</param>
    public static EvaluationResult Measure(DecoderModel model, ITokenizer tokenizer, ReadOnlySpan<int> tokens, int batch)
    {
        int context = model.Config.Context;
        int predicted = tokens.Length - 1;
        int windows = predicted / context;
        batch = Math.Min(batch, Math.Max(windows, 1));
        double sum = 0;
        for (int window = 0; window < windows; window += batch)
        {
            int count = Math.Min(batch, windows - window) * context;
            sum += Sum(model.Program(batch, context, training: false), tokens.Slice(window * context, count + 1));
        }

        int rest = predicted % context;
        if (rest > 0)
        {
            sum += Sum(model.Program(1, rest, training: false), tokens[(windows * context)..]);
        }

        return new EvaluationResult(sum / predicted, predicted, tokenizer.CountBytes(tokens[1..]));
    }

    private static double Sum(DecoderProgram program, ReadOnlySpan<int> tokens)
    {
        tokens[..^1].CopyTo(program.Inputs);
        tokens[1..].CopyTo(program.Targets);
        program.Targets[(tokens.Length - 1)..].Fill(Ignored);
        program.Forward();
        return program.LossSum;
    }
}
