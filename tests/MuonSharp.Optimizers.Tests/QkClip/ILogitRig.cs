namespace MuonSharp.Optimizers.Tests;

/// <summary>An attention layer whose logits come straight from the definition, in double precision.</summary>
internal interface ILogitRig
{
    int Heads { get; }

    AttentionHeads Layer { get; }

    /// <summary>Every scaled causal logit of a head, row by row.</summary>
    List<double> Logits(int head);

    /// <summary>Everything that the clip may change.</summary>
    float[] Values();
}
