using MuonSharp.Nn;

namespace MuonSharp.Training;

/// <summary>Continues a sequence of tokens, one forward pass a token over the last of them that fit the context.</summary>
/// <remarks>
/// Short sequences run in programs of 16, 32, 64, ... positions, so that few shapes are compiled; what stands behind the
/// last token cannot be seen by it. Beyond the context the window slides.
/// </remarks>
/// <param name="model">The model.</param>
/// <param name="vocabulary">Tokens that may be drawn, from 0: the tokenizer's. The model may know more, which stand for nothing.</param>
internal sealed class TokenStream(DecoderModel model, int vocabulary)
{
    private const int LeastTime = 16;

    /// <summary>Whether all logits so far were finite.</summary>
    public bool Finite { get; private set; } = true;

    /// <summary>The tokens that follow, as they are drawn.</summary>
    /// <param name="prompt">At least one token.</param>
    /// <param name="options">How many, and how to draw them.</param>
    /// <param name="occasion">The training step, or any number that names the text: a key of the draws.</param>
    public IEnumerable<int> Continue(IEnumerable<int> prompt, GenerationOptions options, long occasion)
    {
        List<int> history = [.. prompt];
        TokenSampler sampler = new(vocabulary, options);
        float[] logits = new float[model.Config.Vocabulary];
        for (int position = 0; position < options.Tokens; position++)
        {
            Next(history, logits);
            Finite = Finite && logits.AsSpan(0, vocabulary).IndexOfAnyExceptInRange(float.MinValue, float.MaxValue) < 0;
            int token = sampler.Draw(logits.AsSpan(0, vocabulary), occasion, position);
            history.Add(token);
            yield return token;
        }
    }

    private void Next(List<int> history, float[] logits)
    {
        int length = Math.Min(history.Count, model.Config.Context);
        int time = LeastTime;
        while (time < length)
        {
            time *= 2;
        }

        DecoderProgram program = model.Program(1, Math.Min(time, model.Config.Context), training: false);
        Span<int> inputs = program.Inputs;
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(history)[^length..].CopyTo(inputs);
        inputs[length..].Clear();
        program.Targets.Fill(-1);
        program.Forward();
        program.Logits(0, length - 1, logits);
    }
}
