namespace MuonSharp.Peers;

/// <summary>The numbers of <c>airbench94_muon.py</c> that both sides train with; Muon's own stand with it. Source: KellerJordan/cifar10-airbench.</summary>
internal static class AirbenchRecipe
{
    /// <summary>Share of the target that is spread over all classes.</summary>
    public const float LabelSmoothing = 0.2f;

    /// <summary>Rate of the norms' and the whitening's biases.</summary>
    public const float BiasRate = 0.053f;

    /// <summary>Rate of the head.</summary>
    public const float HeadRate = 0.67f;

    /// <summary>Momentum of biases and head, with Nesterov's look-ahead.</summary>
    public const float Momentum = 0.85f;

    /// <summary>Decay of biases and head: times the images of a step, over the rate.</summary>
    public const float Decay = 2e-6f;

    /// <summary>Added to the variances of the norms.</summary>
    public const double Epsilon = 1e-12;

    /// <summary>Share of a batch in the norms' running statistics.</summary>
    public const double Share = 0.4;

    /// <summary>Steps of an epoch: 50,000 images at 2,000 a step.</summary>
    public const int StepsOfEpoch = 25;

    /// <summary>Images of a step.</summary>
    public const int Batch = 2000;
}

/// <summary>Images as a network sees them, with their classes.</summary>
/// <param name="Pixels">Normal numbers, channels last.</param>
/// <param name="Labels">A class for each.</param>
internal sealed record AirbenchData(float[] Pixels, int[] Labels)
{
    /// <summary>Height and width.</summary>
    public const int Size = 32;

    /// <summary>Red, green, blue.</summary>
    public const int Channels = 3;

    /// <summary>Classes.</summary>
    public const int Classes = 10;

    /// <summary>So many images, the same for the same number.</summary>
    public static AirbenchData Of(int batch) => new(Weights.Normal("images", batch * Size * Size * Channels), Weights.Below("labels", Classes, batch));
}
