using System.Text.Json.Nodes;

namespace MuonSharp.Training;

/// <summary>Text to tokens and back. Tokens are the whole numbers from 0 up to <see cref="VocabularySize"/>.</summary>
public interface ITokenizer
{
    /// <summary>The kind's name in configurations and files, one of <see cref="TokenizerKinds.Names"/>.</summary>
    string Kind { get; }

    /// <summary>Number of distinct tokens.</summary>
    int VocabularySize { get; }

    /// <summary>The tokens of a text.</summary>
    /// <param name="text">Any text.</param>
    /// <exception cref="BadInputException">The text holds something that the vocabulary lacks.</exception>
    int[] Encode(string text);

    /// <summary>The UTF-8 bytes that a token stands for; a token may end in the middle of a character.</summary>
    /// <param name="token">A token.</param>
    ReadOnlySpan<byte> Bytes(int token);

    /// <summary>All that is needed to make the tokenizer again: the content of <c>tokenizer.json</c>.</summary>
    JsonObject ToJson();
}
