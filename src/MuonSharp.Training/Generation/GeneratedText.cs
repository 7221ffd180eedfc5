namespace MuonSharp.Training;

/// <summary>A piece of the continuation of one of several prompts.</summary>
/// <param name="Prompt">Number of the prompt, from 0.</param>
/// <param name="Text">What has become certain; of the last piece maybe nothing.</param>
/// <param name="End">Why nothing follows; null while something may.</param>
public readonly record struct GeneratedText(int Prompt, string Text, GenerationEnd? End);

/// <summary>Why a text ends.</summary>
public enum GenerationEnd
{
    /// <summary>It has all the tokens that were asked for.</summary>
    Length,

    /// <summary>The model drew the token that ends every text.</summary>
    EndOfText,

    /// <summary>One of <see cref="GenerationOptions.Stop"/> came.</summary>
    Stop,
}

/// <summary>How long a generation took, the time of whoever reads it not counted.</summary>
/// <param name="PromptTokens">Tokens of all prompts that were read.</param>
/// <param name="PromptTime">The time for them.</param>
/// <param name="Tokens">Tokens drawn, of all texts.</param>
/// <param name="Time">The time from the end of the prompts.</param>
public readonly record struct GenerationStatistics(long PromptTokens, TimeSpan PromptTime, long Tokens, TimeSpan Time)
{
    /// <summary>Tokens drawn in a second; 0 where none was.</summary>
    public double TokensPerSecond => Time > TimeSpan.Zero ? Tokens / Time.TotalSeconds : 0;

    /// <summary>Tokens of the prompts in a second.</summary>
    public double PromptTokensPerSecond => PromptTime > TimeSpan.Zero ? PromptTokens / PromptTime.TotalSeconds : 0;
}
