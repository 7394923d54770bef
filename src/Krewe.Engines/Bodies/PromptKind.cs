namespace Krewe.Engines.Bodies;

/// <summary>What <c>prompt</c> (or <c>input</c>) holds.</summary>
public enum PromptKind
{
    None,
    Text,
    TextList,
    Tokens,
    TokenLists,
}
