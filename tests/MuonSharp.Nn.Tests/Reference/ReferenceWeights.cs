namespace MuonSharp.Nn.Tests.Reference;

/// <summary>Random weights of a whole decoder, large enough that every path through it matters.</summary>
internal static class ReferenceWeights
{
    public static Dictionary<string, double[]> Random(ReferenceShape shape, int context, ulong seed)
    {
        TestNumbers numbers = new(seed);
        Dictionary<string, double[]> values = new(StringComparer.Ordinal)
        {
            [shape.Gpt2 ? "transformer.wte.weight" : "model.embed_tokens.weight"] = numbers.Normals(shape.Vocabulary * shape.Width, 0.5),
        };
        if (shape.Gpt2) values["transformer.wpe.weight"] = numbers.Normals(context * shape.Width, 0.5);
        if (!shape.Tied) values["lm_head.weight"] = numbers.Normals(shape.Vocabulary * shape.Width, 0.3);
        Norm(shape.Gpt2 ? "transformer.ln_f" : "model.norm");
        int query = shape.Heads * shape.HeadWidth, key = shape.Groups * shape.HeadWidth;
        for (int layer = 0; layer < shape.Layers; layer++)
        {
            ReferenceBlockNames names = new(shape, layer);
            Norm(names.AttentionNorm);
            Norm(names.MlpNorm);
            if (shape.Gpt2)
            {
                Linear(names.Fused, shape.Width, 3 * shape.Width);
            }
            else
            {
                Linear(names.Query, shape.Width, query);
                Linear(names.Key, shape.Width, key);
                Linear(names.Value, shape.Width, key);
            }

            if (shape.QueryKeyNorm)
            {
                values[names.QueryNorm + ".weight"] = numbers.Normals(shape.HeadWidth, 0.2, 1);
                values[names.KeyNorm + ".weight"] = numbers.Normals(shape.HeadWidth, 0.2, 1);
            }

            Linear(names.AttentionOutput, query, shape.Width);
            if (shape.Gated) Linear(names.Gate, shape.Width, shape.Hidden, shape.Gpt2);
            Linear(names.Up, shape.Width, shape.Hidden, shape.Gpt2);
            Linear(names.Down, shape.Hidden, shape.Width, shape.Gpt2);
        }

        return values;

        void Linear(string name, int fanIn, int fanOut, bool mayHaveBias = true)
        {
            values[name + ".weight"] = numbers.Normals(fanIn * fanOut, 1 / Math.Sqrt(fanIn));
            if (shape.Biases && mayHaveBias) values[name + ".bias"] = numbers.Normals(fanOut, 0.2);
        }

        void Norm(string name)
        {
            values[name + ".weight"] = numbers.Normals(shape.Width, 0.2, 1);
            if (shape.Biases && shape.LayerNorm) values[name + ".bias"] = numbers.Normals(shape.Width, 0.2);
        }
    }
}
