namespace MuonSharp.Nn.Tests.Reference;

/// <summary>
/// A whole decoder in double precision, forward and backward by hand: the GPT-2 form (learned positions) and the Llama form
/// (rotary embedding, grouped keys). Plain loops over plain arrays; nothing of the product is used.
/// </summary>
internal sealed class ReferenceDecoder
{
    private readonly ReferenceShape _shape;

    public ReferenceDecoder(ReferenceShape shape, IReadOnlyDictionary<string, double[]> values, int[] inputs, int[] targets, int batch, int time, bool backward = true, int[]? positions = null)
    {
        _shape = shape;
        Parameters = new ReferenceParameters(values, storedInOut: shape.Gpt2);
        string embedding = shape.Gpt2 ? "transformer.wte.weight" : "model.embed_tokens.weight";
        string finalNorm = shape.Gpt2 ? "transformer.ln_f" : "model.norm";
        string head = shape.Tied ? embedding : "lm_head.weight";
        positions ??= ReferenceEmbedding.Positions(batch, time);

        double[] x = ReferenceEmbedding.Forward(inputs, Parameters[embedding], shape.Width);
        if (shape.Gpt2)
        {
            double[] learned = ReferenceEmbedding.Forward(positions, Parameters["transformer.wpe.weight"], shape.Width);
            x = ReferenceActivation.Map(x, learned, (a, b) => a + b);
        }

        ReferenceBlock[] blocks = [.. Enumerable.Range(0, shape.Layers).Select(layer => new ReferenceBlock(shape, Parameters, layer, positions, time))];
        foreach (ReferenceBlock block in blocks) x = block.Forward(x);
        double[] normed = Norm(shape, Parameters, finalNorm, x);
        Logits = ReferenceLinear.Forward(normed, Parameters[head], null, batch * time, shape.Width, shape.Vocabulary);
        if (shape.LogitCap is { } cap) Logits = ReferenceActivation.Map(Logits, z => cap * Math.Tanh(z / cap));
        Loss = ReferenceCrossEntropy.Loss(Logits, targets, shape.Vocabulary);
        MaximumLogits = [.. blocks.SelectMany(block => block.MaximumLogits)];
        if (!backward) return;

        double[] dLogits = ReferenceCrossEntropy.Backward(Logits, targets, shape.Vocabulary);
        if (shape.LogitCap is { } limit) dLogits = ReferenceActivation.Map(dLogits, Logits, (g, z) => g * (1 - (z / limit * (z / limit))));
        Parameters.Add(head, ReferenceLinear.BackwardWeight(dLogits, normed, batch * time, shape.Width, shape.Vocabulary));
        double[] dNormed = ReferenceLinear.BackwardInput(dLogits, Parameters[head], batch * time, shape.Width, shape.Vocabulary);
        double[] dx = NormBackward(shape, Parameters, finalNorm, dNormed, x);
        foreach (ReferenceBlock block in blocks.Reverse()) dx = block.Backward(dx);
        Parameters.Add(embedding, ReferenceEmbedding.Backward(inputs, dx, shape.Vocabulary, shape.Width));
        if (shape.Gpt2)
        {
            int context = Parameters["transformer.wpe.weight"].Length / shape.Width;
            Parameters.Add("transformer.wpe.weight", ReferenceEmbedding.Backward(positions, dx, context, shape.Width));
        }
    }

    /// <summary>Mean over the counted targets, in nats.</summary>
    public double Loss { get; }

    /// <summary>[batch * time, vocabulary].</summary>
    public double[] Logits { get; }

    /// <summary>The greatest visible attention logit, [layers * heads].</summary>
    public double[] MaximumLogits { get; }

    public ReferenceParameters Parameters { get; }

    /// <summary>The gradient of the loss by each stored tensor.</summary>
    public IReadOnlyDictionary<string, double[]> Gradients => Parameters.Gradients;

    public static double[] Norm(ReferenceShape shape, ReferenceParameters parameters, string name, double[] x)
    {
        double[] gain = parameters[name + ".weight"];
        return shape.LayerNorm
            ? ReferenceLayerNorm.Forward(x, gain, parameters.Optional(name + ".bias"), x.Length / shape.Width, shape.Width, shape.Epsilon)
            : ReferenceRmsNorm.Forward(x, gain, x.Length / shape.Width, shape.Width, shape.Epsilon);
    }

    public static double[] NormBackward(ReferenceShape shape, ReferenceParameters parameters, string name, double[] dy, double[] x)
    {
        double[] gain = parameters[name + ".weight"];
        int rows = x.Length / shape.Width;
        if (!shape.LayerNorm)
        {
            (double[] dInput, double[] dGain) = ReferenceRmsNorm.Backward(dy, x, gain, rows, shape.Width, shape.Epsilon);
            parameters.Add(name + ".weight", dGain);
            return dInput;
        }

        (double[] dx, double[] dWeight, double[] dBias) = ReferenceLayerNorm.Backward(dy, x, gain, rows, shape.Width, shape.Epsilon);
        parameters.Add(name + ".weight", dWeight);
        if (parameters.Optional(name + ".bias") is not null) parameters.Add(name + ".bias", dBias);
        return dx;
    }
}
