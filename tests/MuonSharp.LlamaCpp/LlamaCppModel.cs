using LLama;
using LLama.Common;
using LLama.Native;

namespace MuonSharp.LlamaCpp;

/// <summary>llama.cpp with a file of ours: one thread, float32 throughout.</summary>
internal sealed class LlamaCppModel : IDisposable
{
    private readonly LLamaWeights _weights;
    private readonly LLamaContext _context;

    static LlamaCppModel() => NativeLibraryConfig.All.WithLogCallback((level, text) => { if (level == LLamaLogLevel.Error) Console.Error.Write(text); });

    public LlamaCppModel(string path, int context)
    {
        ModelParams options = new(path)
        {
            ContextSize = (uint)context,
            GpuLayerCount = 0,
            Threads = 1,
            BatchThreads = 1,
            FlashAttention = false,
            TypeK = GGMLType.GGML_TYPE_F32,
            TypeV = GGMLType.GGML_TYPE_F32,
        };
        _weights = LLamaWeights.LoadFromFile(options);
        _context = _weights.CreateContext(options);
    }

    /// <summary>Loads llama.cpp, where something else than a model needs it first.</summary>
    public static void LoadLibrary() => NativeApi.llama_empty_call();

    /// <summary>The logits of every position.</summary>
    public float[][] Logits(ReadOnlySpan<int> tokens)
    {
        _context.NativeHandle.MemoryClear(true);
        LLamaBatch batch = new();
        for (int i = 0; i < tokens.Length; i++) batch.Add(tokens[i], i, LLamaSeqId.Zero, logits: true);
        Assert.Equal(DecodeResult.Ok, _context.Decode(batch));
        float[][] logits = new float[tokens.Length][];
        for (int i = 0; i < tokens.Length; i++) logits[i] = _context.NativeHandle.GetLogitsIth(i).ToArray();
        return logits;
    }

    /// <summary>The likeliest tokens one after the other.</summary>
    public int[] Greedy(ReadOnlySpan<int> prompt, int count)
    {
        List<int> tokens = [.. prompt];
        _context.NativeHandle.MemoryClear(true);
        int done = 0;
        while (tokens.Count < prompt.Length + count)
        {
            LLamaBatch batch = new();
            int first = done;
            for (; done < tokens.Count; done++) batch.Add(tokens[done], done, LLamaSeqId.Zero, logits: done == tokens.Count - 1);
            Assert.Equal(DecodeResult.Ok, _context.Decode(batch));
            float[] row = _context.NativeHandle.GetLogitsIth(done - first - 1).ToArray();
            tokens.Add(Array.IndexOf(row, row.Max()));
        }

        return [.. tokens[prompt.Length..]];
    }

    /// <summary>The tokens that llama.cpp makes of a text, names of special ones taken for these or as text.</summary>
    public int[] Tokens(string text, bool special = true) => [.. _weights.Tokenize(text, false, special, System.Text.Encoding.UTF8).Select(token => (int)token)];

    public void Dispose()
    {
        _context.Dispose();
        _weights.Dispose();
    }
}
