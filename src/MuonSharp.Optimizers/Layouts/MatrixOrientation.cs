namespace MuonSharp.Optimizers;

/// <summary>Which axis of a stored matrix is the fan-out.</summary>
public enum MatrixOrientation
{
    /// <summary>Stored [out, in], as torch's linear layers and llama models are: y = W x.</summary>
    OutIn,

    /// <summary>Stored [in, out], as GPT-2's Conv1D and most of JAX are: y = x W.</summary>
    InOut,
}
